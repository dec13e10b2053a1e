"""What a model in this process needs, looked at before it is loaded."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.engine.models.locate import Located, locate_model
from ocr_project.engine.models.packages import installed, require


def find_local_model(model: str, revision: str | None, *, option: str, dummy: bool = False) -> Located:
    """Look whether everything is there that a model in this process needs; nothing is imported.

    Args:
        model: Hub name or folder.
        revision: Commit, branch or tag; None for what the cache has.
        option: Name of the backend's options, for messages.
        dummy: Whether its weights are random: the version says so, so that no answer of theirs passes for the model's.

    Raises:
        BackendError: torch, transformers or the model is missing.
    """
    require("torch", "transformers", extra="gpu", otherwise="leave out --env")
    library = f"transformers-{installed('transformers')}" + (" dummy weights" if dummy else "")
    return replace(locate_model(model, revision, option=f"{option}.model"), library=library)
