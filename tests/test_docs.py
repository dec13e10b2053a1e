"""What the documents say is there: links, options, commands, decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ocr_project.cli.option_reference import SECTIONS, option_rows
from tests.whole_job import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "samples" / "README.md", ROOT / "data" / "README.md"]
)
# The log is a dated record and keeps the names of its days; the changelog names options that are gone.
GUIDES = [path for path in DOCUMENTS if path.name not in ("log.md", "CHANGELOG.md") and "decisions" not in path.parts]
_LINK = re.compile(r"\]\((?!\w+://|#)([^)#\s]+)(?:#[^)\s]*)?\)")
_GIVEN = re.compile(r"--params(?: |=)([^`\s]+)")
_CODE = re.compile(r"`([a-z]+\.[a-z_0-9.]+)(?:=[^`]*)?`")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def option_names() -> set[str]:
    return {row.name for section in SECTIONS for row in option_rows(section)} | set(SECTIONS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    found = _LINK.findall(path.read_text(encoding="utf-8"))
    assert not [link for link in found if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", GUIDES, ids=named)
def test_options_in_the_guides_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    options = option_names()
    given = {part.split("=")[0] for params in _GIVEN.findall(text) for part in re.split(r",(?=\w+\.)", params)}
    given = {name for name in given if "." in name and not name.startswith("benchmark.compare.")}
    in_code = {name for name in _CODE.findall(text) if name.split(".")[0] in SECTIONS and not _is_file(name)}
    assert not [name for name in sorted(given | in_code) if name not in options]


def test_the_index_of_decisions_is_complete() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^(\d+)\. \[[^]]+\]\(([^)]+)\):", (folder / "README.md").read_text(encoding="utf-8"), re.M)
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name for _, name in listed] == files
    for number, name in listed:
        assert name.startswith(f"{int(number):04d}-")
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {number}. ")


def test_every_target_of_make_is_described() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", text, re.M)
    assert targets == re.findall(r"^([a-z]+):[^#\n]*  ## \w", text, re.M)
    phony = re.search(r"^\.PHONY: (.*)$", text, re.M)
    assert phony
    assert sorted(phony[1].split()) == sorted(targets)


@pytest.mark.parametrize("path", GUIDES, ids=named)
def test_commands_in_the_guides_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert {target for target in re.findall(r"(?:^|`|\s)make ([a-z]+)(?=`|\s{2,}#|$)", text, re.M)} <= set(targets)
    modules = re.findall(r"python -m benchmarks\.(\w+)", text)
    assert not [name for name in modules if not (ROOT / "benchmarks" / f"{name}.py").is_file()]


def _is_file(name: str) -> bool:
    return name.endswith((".csv", ".parquet", ".json", ".html", ".md", ".py", ".yml"))


def test_what_is_said_to_hold_a_finding_is_there() -> None:
    said = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(said) > 30
    assert not said - there
