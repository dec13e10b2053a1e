"""What all options have in common."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Options(BaseModel):
    """Base of all options: frozen, and a misspelt name is an error that names the nearest right one.

    Attributes:
        moved: Names of the release before, with what is said of them. They are refused, not translated: a name that
            still works is one that two files can set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    moved: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        if gone := [cls.moved[name] for name in values if name in cls.moved]:
            raise ValueError("; ".join(gone))
        names = list(cls.model_fields)
        for name in values:
            if name not in names and (near := get_close_matches(str(name), names, 1)):
                raise ValueError(f"there is no option `{name}`; did you mean `{near[0]}`?")
        return values
