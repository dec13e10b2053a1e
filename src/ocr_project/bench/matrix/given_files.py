"""Tables that a person wrote with a spreadsheet, or a tool with its own separator, as rows of named cells."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ocr_project.domain.errors import OptionError
from ocr_project.storage.given_table import read_given_table

YAML = (".yml", ".yaml")
_TRUE = frozenset({"true", "yes", "1", "да", "истина"})
_FALSE = frozenset(
    {"", "false", "fasle", "flase", "no", "0", "none", "нет", "ложь"}
)  # one is VLMHyperBench's spelling
_NONE = frozenset({"", '""', "''", "none", "null", "nan"})


@dataclass(slots=True)
class Faults:
    """All that is wrong with the files, collected so that a person corrects them at once."""

    found: list[str] = field(default_factory=list)

    def add(self, path: Path, row: int, column: str, problem: str) -> None:
        """Note what is wrong with a cell.

        Args:
            path: Of the file.
            row: As a spreadsheet counts, the header being row 1; of YAML, the entry, from 1.
            column: Its name.
            problem: What is wrong, and what to do.
        """
        place = "entry" if path.suffix in YAML else "row"
        self.found.append(f"{path.name}: {place} {row}, column {column}: {problem}")

    def refuse(self, what: str) -> None:
        """End here where something is wrong.

        Raises:
            OptionError: With every fault, one a line.
        """
        if self.found:
            many = f"{len(self.found)} faults" if len(self.found) > 1 else "a fault"
            raise OptionError("\n".join([f"{what}: {many}; nothing was run:", *(f"  {one}" for one in self.found)]))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        number: As a spreadsheet counts: the header is row 1.
        cells: By the name of the column, without blanks around; a cell that says `None` or `""` is empty.
    """

    number: int
    cells: Mapping[str, str]


def read_table(path: Path, spellings: Mapping[str, str], needed: Sequence[str]) -> list[Row]:
    """Read a table with a header, as `read_given_table` does.

    Args:
        path: The file.
        spellings: Other names of columns, to the name that the rows have.
        needed: Columns that have to be there.

    Raises:
        OptionError: The header lacks columns, has one twice in two spellings, or one that is not known.
        SourceError: It cannot be read, is not UTF-8, or rows have too many cells or too few.
    """
    table = read_given_table(path)
    plain = [_plain(name) for name in table.columns]
    names = [spellings.get(name, name) for name in plain]
    _check_header(path, names, needed, set(spellings.values()))
    return [
        Row(row.line, {name: _cell(row.cells[column]) for name, column in zip(names, table.columns, strict=True)})
        for row in table.rows
    ]


def read_list(text: str) -> tuple[str, ...]:
    """Read a list in Python's or JSON's quoting; a text without brackets is a list of one, or of what `,` separates.

    Raises:
        ValueError: It begins as a list and is none.
    """
    if not text.startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{text} is not a list; write for example ['CER', 'WER']") from error
    if not all(isinstance(one, str) for one in found):
        raise ValueError(f"{text} is not a list of words; write for example ['CER', 'WER']")
    return tuple(one.strip() for one in found)


def read_switch(text: str) -> bool:
    """Read True or False, in the spellings that are seen in such files.

    Raises:
        ValueError: It is neither.
    """
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither True nor False")


def _cell(text: str) -> str:
    return "" if text.strip().lower() in _NONE else text.strip()


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _check_header(path: Path, names: Sequence[str], needed: Sequence[str], known: set[str]) -> None:
    problems = [f"there is no column {name}" for name in needed if name not in names]
    problems += [f"the column {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
    unknown = [name for name in names if name and name not in known]
    problems += [f"the column {name} is not known; known are {', '.join(sorted(known))}" for name in unknown]
    if problems:
        raise OptionError(f"{path}: row 1: " + "; ".join(problems))
