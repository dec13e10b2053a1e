"""Every option as a row, read from the models: its name, what it takes, its default and what it does."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ocr_project.domain.options import SECTIONS, Options

_PLAIN = {bool: "true or false", int: "integer", float: "number", str: "text", Path: "path"}
_TABLE = "| option | takes | default | |\n| --- | --- | --- | --- |\n"
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_HEAD = """\
# All options

Generated from `src/ocr_project/domain/options` by `python scripts/options_reference.py`; `kedro options [STAGE]`
prints the same. Set them in `conf/<env>/parameters.yml`, or for one run: `kedro run --params ingest.dpi=300,…`.
"""


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option.

    Attributes:
        name: From the top of parameters.yml, with dots.
        takes: Type and limits.
        default: As YAML has it.
        prose: What it does, with its unit.
    """

    name: str
    takes: str
    default: str
    prose: str


def option_rows(section: str) -> Iterator[OptionRow]:
    """Yield the options of a top-level key of parameters.yml, blocks in it included.

    Args:
        section: A key of `SECTIONS`.
    """
    yield from _option_rows(section, SECTIONS[section])


def as_markdown(sections: Mapping[str, type[Options]] = SECTIONS) -> str:
    """Return the reference page."""
    parts = [_HEAD]
    for section, model in sections.items():
        parts.append(f"\n## {section}\n\n{_first_line(model)}\n\n{_TABLE}")
        parts += [_table_line(row) for row in option_rows(section)]
    return "".join(parts)


def _table_line(row: OptionRow) -> str:
    default = f"`{row.default}`" if row.default else ""
    cells = (f"`{row.name}`", row.takes, default, row.prose)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _option_rows(prefix: str, model: type[Options]) -> Iterator[OptionRow]:
    for name, field in model.model_fields.items():
        full = f"{prefix}.{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Options):
            yield OptionRow(full, "block", "", field.description or _first_line(inner))
            yield from _option_rows(full, inner)
        else:
            yield OptionRow(full, _takes(field), _default(field.default), field.description or "")


def _takes(field: FieldInfo) -> str:
    return f"{_type(field.annotation)}{_limits(field.metadata)}"


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return f"{_type(inner[0])}{_limits(_constraints(inner[1:]))}"
    if origin in (Union, types.UnionType):
        return " or ".join("none" if one is types.NoneType else _type(one) for one in inner)
    if origin is Literal:
        return ", ".join(map(str, inner))
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"map of names to {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(str(member.value) for member in annotation)
    return _PLAIN[annotation]


def _constraints(metadata: tuple[Any, ...]) -> list[Any]:
    """Return the single limits; those within `Field(…)` of an `Annotated` are kept one level deeper."""
    return [one for each in metadata for one in (each.metadata if isinstance(each, FieldInfo) else [each])]


def _limits(metadata: list[Any]) -> str:
    found: dict[str, Any] = {}
    for one in metadata:
        found |= {name: getattr(one, name) for name in _BOUNDS if getattr(one, name, None) is not None}
    if "ge" in found and "le" in found:
        return f", {found['ge']:,} to {found['le']:,}"
    return "".join(f", {_BOUNDS[name]} {value:,}" for name, value in found.items())


def _default(value: Any) -> str:
    """Write a value as YAML has it, on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case tuple():
            return f"[{', '.join(_default(one) for one in value)}]"
        case dict():
            return f"{{{', '.join(f'{name}: {_default(one)}' for name, one in value.items())}}}"
        case str():
            return value or '""'
        case _:
            return str(value)


def _first_line(model: type[Options]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]
