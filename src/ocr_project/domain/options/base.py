"""What all options have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Base of all options: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
