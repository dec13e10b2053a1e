"""The facts of a run."""

from __future__ import annotations

import platform

from ocr_project.engine.running.provenance import facts


def test_facts_name_code_machine_and_packages() -> None:
    found = facts("", ("pyarrow",))
    assert list(found) == ["commit", "python", "machine", "pyarrow"]
    assert found["commit"] == "not a git checkout"
    assert found["python"] == platform.python_version()
    assert facts("abc")["commit"] == "abc"
