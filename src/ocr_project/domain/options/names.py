"""What is said of a name that no option has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from ocr_project.domain.options.base import Options

DATA = "data"  # stands beside the sections: the catalog reads it, and no stage does
SHARDS = "shards"  # the tag of nodes whose work several processes can share
FOLLOWS = "follows"  # the tag of a node that takes the shards of its stage as they are stored, and makes none
_MOST = 3  # names offered


def unknown_sections(given: Iterable[str], sections: Mapping[str, type[Options]]) -> list[str]:
    """Say of each name that stands at the top of the parameters and is not a section what may have been meant.

    Pydantic looks into sections; a name beside them would be read by no node, and change nothing.

    Args:
        given: The names at the top.
        sections: By name.
    """
    return [f"there is no option `{name}`{_offer(name, sections)}" for name in given if name not in (*sections, DATA)]


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are most like one, or end like it: `source` is offered `ingest.source`."""
    known = sorted(set(names))
    ends = [full for full in known if name in (full, full.rpartition(".")[2])]
    by_end = {full.rpartition(".")[2]: full for full in reversed(known)}
    alike = [by_end.get(near, near) for near in get_close_matches(name, {*known, *by_end}, _MOST)]
    return list(dict.fromkeys([*ends, *alike]))[:_MOST]


def did_you_mean(near: Iterable[str]) -> str:
    """Return the end of a message that offers names; empty where there is none."""
    offered = " or ".join(f"`{name}`" for name in near)
    return f"; did you mean {offered}?" if offered else ""


def _offer(name: str, sections: Mapping[str, type[Options]]) -> str:
    near = nearest(name, [DATA, *sections, *(full for key, model in sections.items() for full in _names(key, model))])
    return did_you_mean(near) or f"; what can be set is in {', '.join(sections)}"


def _names(prefix: str, model: type[Options]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        full = f"{prefix}.{name}"
        yield full
        if isinstance(field.annotation, type) and issubclass(field.annotation, Options):
            yield from _names(full, field.annotation)
