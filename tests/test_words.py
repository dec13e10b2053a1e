"""Plain technical English: words and patterns that the house leaves out, and the form of docstrings.

CONTRIBUTING.md, "Words" and "Style", says what to write instead. `docs/log.md` is a dated record and stays as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole_job import ROOT

ROOMS = ("src", "tests", "benchmarks", "scripts", "samples")
# What it says in plain words: a pattern, and what to write instead.
BANNED = {
    r"likewise": "the same, also, or the sentence again",
    r"nobody|anybody|somebody(?:'s)?": "the subject: a user, a process, another account; or the passive",
    r"whoever|whosoever|whomever|whatsoever": "the caller, the owner, the process that",
    r"one's own|one's hands": "your own, the user's",
    r"on (?:its|their) head": "upside down",
    r"(?<!here )(?:is|are|was|were) no(?! longer\b| more\b| better\b) [a-z]+": "is not a",
    r"may be called twice": "idempotent",
    r"(?:pages?|was|is) in work": "in flight",
    r"hitherto|wherefrom|whereof|thereof|therein|thereby|hereby|wherein|herein": "a sentence of its own",
    r"(?:wakes?|rests) (?:in|beside|together|side by side|there|on disk)|how it rests": "is stored, is kept",
    r"what of (?:a|an|the)|in what (?:a|they|it)": "which part of",
    r"may be had|to be had|what came of": "is available, the result of",
    r"knows no": "has no, takes no, does not depend on",
    r"by the side of|for the eyes of|see to it that": "beside, visible to, make sure",
}
_SECTIONS = re.compile(r"( *)(Args|Returns|Raises|Yields|Attributes):$")


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def _pages() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "log.md")


def faults_of(docstring: str) -> Iterator[str]:
    """Say what in a docstring, unindented, is not Google's form."""
    lines = docstring.splitlines()
    if _SECTIONS.match(lines[0]):
        yield "begins with a section: a summary line comes first"
    if len(lines) > 1 and lines[1].strip():
        yield "has no blank line after its summary"
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        section = _SECTIONS.match(line)
        if section is None:
            continue
        if section[1]:
            yield f"has {section[2]} indented"
        if before.strip():
            yield f"has no blank line before {section[2]}"
        if not after.startswith("    "):
            yield f"has entries of {section[2]} at the margin"


@pytest.mark.parametrize(("pattern", "instead"), BANNED.items(), ids=str)
def test_words_that_the_house_leaves_out(pattern: str, instead: str) -> None:
    banned = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*_sources(), *_pages()]
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if banned.search(line)
    ]
    assert not found, f"write instead: {instead}\n" + "\n".join(found)


def test_docstrings_have_a_summary_line_and_indented_sections() -> None:
    found = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = ast.get_docstring(node)
                name = getattr(node, "name", "the module")
                found += [f"{path.relative_to(ROOT)}: {name} {fault}" for fault in faults_of(docstring or "-")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "docstring",
    ["Args:\n    a: One.", "Cut.\nArgs:\n    a: One.", "Cut.\n\nArgs:\na: One.", "Cut.\n\n    Args:\n        a: One."],
)
def test_the_lint_sees_each_fault(docstring: str) -> None:
    assert list(faults_of(docstring))
    assert not list(faults_of("Cut.\n\nArgs:\n    a: One.\n\nReturns:\n    Two."))
