"""A backend's version and what it makes change together: the record is kept by versions.py."""

from __future__ import annotations

import re

import pytest

from ocr_project.domain.errors import BackendError
from tests.golden.versions import BACKENDS, COMMAND, ROOT, Made, OtherLibraries, compare, read_record

MADE = Made("5", "opencv-5.0.0", "ab" * 32, "VERSION in src/layout.py")


@pytest.mark.parametrize("name", BACKENDS)
def test_what_a_backend_makes_and_its_version_change_together(name: str) -> None:
    try:
        wrong = compare(name, read_record(), BACKENDS[name]())
    except BackendError as error:  # Tesseract or one of its languages is not installed
        pytest.skip(f"NOT TESTED, {error}")
    except OtherLibraries as error:
        pytest.skip(f"NOT TESTED, {error}; if the project now uses those: {COMMAND}")
    assert not wrong, wrong


def test_nothing_is_recorded_that_is_not_made() -> None:
    assert read_record().keys() == BACKENDS.keys(), f"run `{COMMAND}`"


def test_the_record_was_made_with_the_packages_of_the_lock() -> None:
    """Otherwise the test above would be skipped from the day on which a package of the lock moves on."""
    (lock,) = [path for path in (ROOT / "uv.lock", ROOT / "requirements.lock") if path.is_file()][:1]
    text = lock.read_text("utf-8")
    recorded = dict(part.rsplit("-", 1) for part in read_record()["ingest"]["libraries"].split())
    for package, version in recorded.items():
        locked = re.search(rf'^(?:{package}==|name = "{package}"\nversion = ")([\w.]+)', text, re.MULTILINE)
        assert locked is not None, f"{package} is not in {lock.name}"
        assert locked[1] == version, f"{package} {version} was recorded, {lock.name} has {locked[1]}: run `{COMMAND}`"


def test_a_change_without_a_version_says_which_constant_to_raise() -> None:
    record = {"opencv": {**MADE.recorded(), "output": "cd" * 32}}
    assert f"raise {MADE.raise_here}" in compare("opencv", record, MADE)
    assert COMMAND in compare("opencv", record, MADE)


def test_a_version_without_a_record_says_how_to_make_one() -> None:
    raised = {"opencv": {**MADE.recorded(), "version": "4"}}
    assert compare("opencv", raised, MADE).endswith(f"run `{COMMAND}`")
    assert compare("opencv", {}, MADE).endswith(f"run `{COMMAND}`")


def test_other_libraries_are_neither_right_nor_wrong() -> None:
    with pytest.raises(OtherLibraries, match=re.escape("opencv-4.9")):
        compare("opencv", {"opencv": {**MADE.recorded(), "libraries": "opencv-4.9"}}, MADE)


def test_nothing_is_wrong_where_nothing_changed() -> None:
    assert compare("opencv", {"opencv": MADE.recorded()}, MADE) == ""
