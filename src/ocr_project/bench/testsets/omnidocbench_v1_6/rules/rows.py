"""Formulas of several lines: which of them are matched line by line, and their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.elements import FORMULA, Element
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.truth import TruthBlock
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.normal import strip_delimiters, strip_tags

_NAMES = (
    *("array", "aligned", "align", "align*", "alignedat", "alignedat*", "split", "gather", "gather*", "gathered"),
    *("multline", "multline*", "flalign", "flalign*", "eqnarray", "eqnarray*", "cases"),
)
_ALIGNED = frozenset(("aligned", "align", "align*", "alignedat", "alignedat*"))
_BEGIN = re.compile(
    rf"\\begin\{{(?P<name>{'|'.join(map(re.escape, _NAMES))})\}}\s*(?P<spec>(?:\{{[^{{}}]*\}}\s*)*)", re.DOTALL
)
_NESTED = re.compile(
    r"\\begin\{(?:array|aligned|align\*?|alignedat\*?|split|gathered?|multline\*?|flalign\*?|eqnarray\*?|cases)\}"
)
_OPENING = re.compile(r"(?:\\left\s*\\\{|\\left\.)\s*")
_CLOSING = re.compile(r"\s*\\right(?:\.|\\\})\s*$")
_SPACE = r"(?:\\qquad|\\quad|\\,|\\;|\\!|\\>|\\:|~)"
_SPACES, _LAST_SPACE = re.compile(f"{_SPACE}+"), re.compile(rf"{_SPACE}\s*$")
_LABEL, _TAG = re.compile(r"\\label\s*\{[^{}]*\}"), re.compile(r"\\tag\*?\s*\{[^{}]*\}")
_NUMBERING = re.compile(r"[A-Za-z0-9.\-#]+|(?:\\[A-Za-z#]+)+")
_LOGIC = re.compile(
    r"\\(?:Rightarrow|Leftrightarrow|Longrightarrow|Longleftrightarrow|longrightarrow|longleftrightarrow|implies|"
    r"therefore|because|uparrow|downarrow|Updownarrow|forall|exists)\b|单调|否定"
)
_STEP = re.compile(
    r"\(?\d+\)?|\\(?:Rightarrow|Leftrightarrow|Longrightarrow|Longleftrightarrow|implies|therefore|uparrow|downarrow|"
    r"Updownarrow|leftarrow|rightarrow)"
)
_EXPLAINED = re.compile(r"\\(?:text|mathrm|operatorname)\s*\{")
_CONTEXT = 200  # characters behind an environment that are looked at


@dataclass(frozen=True, slots=True)
class _Environment:
    """What a formula consists of.

    Attributes:
        name: Of the environment; empty for lines without one.
        spec: Columns of an array.
        body: Between its ends.
        start: Of the body, in the formula as it was written.
        braced: A brace of `\\left` and `\\right` stands around it.
        rest: What follows it, without numbers of equations.
    """

    name: str
    spec: str
    body: str
    start: int
    braced: bool = False
    rest: str = ""

    @property
    def rows(self) -> list[str]:
        return split_rows(self.body)


def split_blocks(blocks: Sequence[TruthBlock]) -> list[TruthBlock]:
    """Make a block of every line of formulas of several lines: 7 becomes 7.001, 7.002 in the order."""
    parts: list[TruthBlock] = []
    for block in blocks:
        found = _lines(block.content) if block.category == FORMULA else None
        if found is None:
            parts.append(block)
            continue
        parts += [
            replace(block, order=float(block.order or 0) + number / 1000.0, content=f"\\[{text}\\]")
            for number, (_, text) in enumerate(found[1], start=1)
        ]
    return parts


def split_elements(elements: Sequence[Element]) -> list[Element]:
    """Make an element of every line of formulas of several lines."""
    parts: list[Element] = []
    for element in elements:
        found = _lines(element.content) if element.kind == FORMULA else None
        if found is None:
            parts.append(element)
            continue
        environment, lines = found
        offset = 0
        for row, text in lines:
            bare = strip_tags(row).strip()
            place = max(environment.body.find(bare, offset), offset)
            offset = place + len(bare)
            start = element.start + environment.start + place
            parts.append(replace(element, start=start, end=start + len(bare) - 1, content=f"\\[{text.strip()}\\]"))
    return parts


def straighten(latex: str) -> str:
    """Write `cases` that are a system of statements as an array behind a brace."""
    return _straighten(latex)


def split_rows(body: str) -> list[str]:
    """Split at line breaks outside of braces and environments; what `\\\\*` and `\\\\[2pt]` ask for goes."""
    rows: list[str] = []
    current = place = braces = depth = 0
    while place < len(body):
        step, change = _environment_step(body, place)
        if step:
            depth = max(0, depth + change)
        elif body.startswith("\\\\", place) and not braces and not depth:
            rows.append(body[current:place])
            step = _break_length(body, place)
            current = place + step
        else:
            step = 1
            if body[place] in "{}" and not _is_escaped(body, place):
                braces = max(0, braces + (1 if body[place] == "{" else -1))
        place += step
    rows.append(body[current:])
    return [row.strip() for row in rows if row.strip()]


def _split_cells(row: str) -> list[str]:
    cells: list[str] = []
    current = place = depth = 0
    while place < len(row):
        step, change = _environment_step(row, place)
        depth = max(0, depth + change)
        if not step and row[place] == "&" and not depth and not _is_escaped(row, place):
            cells.append(row[current:place].strip())
            current = place + 1
        place += step or 1
    return [*cells, row[current:].strip()]


def _environment_step(text: str, place: int) -> tuple[int, int]:
    """Return the length of a `\\begin{…}` or `\\end{…}` that stands here and its sign; zeros where none does."""
    for token, change in (("\\begin{", 1), ("\\end{", -1)):
        if text.startswith(token, place):
            end = text.find("}", place + len(token))
            if end >= 0:
                return end + 1 - place, change
    return 0, 0


def _break_length(text: str, place: int) -> int:
    end = place + 2
    while end < len(text) and text[end].isspace():
        end += 1
    if text.startswith("*", end):
        end += 1
    close = text.find("]", end + 1) if text.startswith("[", end) else -1
    return (close + 1 if close >= 0 else end) - place


def _is_escaped(text: str, place: int) -> bool:
    before = text[:place]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _lines(latex: str) -> tuple[_Environment, list[tuple[str, str]]] | None:
    """Find the lines of a formula, as they are written and without tags; None where it is matched as one."""
    found = _whole_environment(latex)
    if found is None or not _is_split(found):
        found = _bare(latex)
    if found is None:
        return None
    lines = [(row, text) for row in found.rows if (text := strip_tags(row).strip())]
    if len(lines) < 2:
        return None
    rest = strip_tags(found.rest).strip()
    if rest:
        lines[-1] = (lines[-1][0], f"{lines[-1][1]} {rest}".strip())
    return found, lines


def _whole_environment(latex: str) -> _Environment | None:
    """Read a formula that is one environment."""
    text = strip_delimiters(latex)
    opening = _OPENING.match(text)
    core = text[opening.end() :].lstrip() if opening else text
    closing = _CLOSING.search(core)
    core = core[: closing.start()].rstrip() if closing else core
    begin = _BEGIN.match(core)
    end = _end_of(core, begin.group("name"), begin.end()) if begin else -1
    if begin is None or end < 0:
        return None
    name, body = begin.group("name"), core[begin.end() : end]
    columns = re.findall(r"\{([^{}]*)\}", begin.group("spec")) if name == "array" else []
    rest = _without_numbers(core[end + len(f"\\end{{{name}}}") :]).strip()
    spec = _columns(columns[0]) if columns else ""
    return _Environment(name, spec, body, max(0, latex.find(body)), bool(opening or closing), rest)


def _bare(latex: str) -> _Environment | None:
    """Read a formula of several lines without an environment around them."""
    text = strip_delimiters(latex)
    if "\\\\" not in text or len(split_rows(text)) < 2:
        return None
    return _Environment("", "", text, max(0, latex.find(text)))


def _end_of(text: str, name: str, start: int) -> int:
    """Return where the end of an environment begins that was opened before `start`; -1 where it never ends."""
    depth = 1
    for token in re.finditer(rf"\\(begin|end)\{{{re.escape(name)}\}}", text[start:]):
        depth += 1 if token.group(1) == "begin" else -1
        if not depth:
            return start + token.start()
    return -1


def _columns(spec: str) -> str:
    return re.sub(r"!{[^}]*}", "", re.sub(r"@{[^}]*}", "", re.sub(r"\s+|\|", "", spec)))


def _without_numbers(rest: str) -> str:
    """Take labels, tags and numbers in brackets off the end of what follows an environment."""
    text = _LABEL.sub("", rest).rstrip()
    while text:
        tags = _TAG.search(text)
        if tags and tags.end() == len(text):
            text = _without_spaces(text[: tags.start()])
            continue
        start = text.rfind({")": "(", "]": "["}.get(text[-1], "\0"))
        if start < 0 or not _is_number(text[start + 1 : -1].strip(), text[:start]):
            return text
        text = _without_spaces(text[:start])
    return text


def _without_spaces(text: str) -> str:
    before = None
    while text != before:
        before = text
        text = _LAST_SPACE.sub("", text.rstrip()).rstrip()
    return text


def _is_number(label: str, before: str) -> bool:
    if before and not (before[-1].isspace() or _SPACES.search(before[-10:])):
        return False
    return not re.fullmatch(r"[a-z]{1,3}", label) and bool(_NUMBERING.fullmatch(label))


def _is_split(found: _Environment) -> bool:
    """Tell whether the lines of an environment are matched one by one."""
    if found.name == "cases":
        apart = _is_system(found)
    elif found.name in _ALIGNED:
        apart = not _is_one_statement(found)
    elif found.name == "array":
        apart = _is_list(found)
    else:
        apart = True
    return apart and not (found.rest and len(split_rows(found.rest)) > 1)


def _is_system(found: _Environment) -> bool:
    rows = found.rows
    if len(rows) < 2 or any(len(_split_cells(row)) > 1 for row in rows) or not _LOGIC.search(found.body):
        return False
    return (
        bool(_NESTED.search(found.body))
        or any(_LOGIC.search(_unaligned(row)) for row in rows)
        or any(_is_explained(row) for row in rows[1:])
    )


def _is_one_statement(found: _Environment) -> bool:
    rows, nested = found.rows, bool(_NESTED.search(found.body))
    steps = any(_is_step(row) for row in rows[1:])
    if nested and steps:
        return True
    if not found.braced:
        return False
    alone = sum(len(cells) > 1 and bool(strip_tags(cells[0]).strip()) for cells in map(_split_cells, rows))
    return nested or alone >= 2 or any(_is_explained(row) for row in rows[1:]) or steps


def _is_list(found: _Environment) -> bool:
    """Tell whether an array is lines below each other: one column, or two that are aligned at a sign."""
    spec = found.spec
    if not spec or set(spec) - set("lcr") or len(spec) > 2 or spec == "cc":
        return False
    if _NESTED.search(found.body) and any(_is_step(row) for row in found.rows[1:]):
        return False
    return not (found.braced and set(spec) == {"l"} and len(found.rows) > 1)


def _unaligned(row: str) -> str:
    row = row.lstrip()
    while row.startswith("&"):
        row = row[1:].lstrip()
    return row


def _is_step(row: str) -> bool:
    return bool(_STEP.match(strip_tags(_unaligned(row)).strip()))


def _is_explained(row: str) -> bool:
    return bool(_EXPLAINED.search(_unaligned(row)))


def _straighten(text: str) -> str:
    parts: list[str] = []
    place = 0
    while (begin := text.find("\\begin{", place)) >= 0:
        parts.append(text[place:begin])
        found = _BEGIN.match(text, begin)
        if found is None:
            place = begin + len("\\begin{")
            parts.append(text[begin:place])
            continue
        name = found.group("name")
        end = _end_of(text, name, found.end())
        if end < 0:
            place = begin
            break
        place = end + len(f"\\end{{{name}}}")
        body = _straighten(text[found.end() : end])
        if name == "cases" and _is_brace(body, text[place : place + _CONTEXT].lstrip()):
            parts.append(rf"\left\{{ \begin{{array}}{{l}} {body.strip()} \end{{array}} \right.")
        else:
            parts.append(f"{text[begin : found.end()]}{body}\\end{{{name}}}")
    return "".join([*parts, text[place:]])


def _is_brace(body: str, behind: str) -> bool:
    rows = split_rows(body)
    if len(rows) < 2 or any(len(_split_cells(row)) > 1 for row in rows):
        return False
    return bool(_LOGIC.search(body) or _LOGIC.search(behind) or _BEGIN.match(behind))
