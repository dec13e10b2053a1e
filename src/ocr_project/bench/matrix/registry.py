"""VLMHyperBench's list of models, `vlm_base.csv`: which family a model is of, and which image serves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocr_project.bench.matrix.given_files import read_table

_COLUMNS = (
    *("framework", "model_family", "model_name", "docker_image"),
    *("git_python_package", "python_package", "module", "class_name"),
)
_OWNERS = {"qwen": "Qwen"}  # their packages have the owner on the Hub in their code: f"Qwen/{model_name}"


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A row of the list; the package and class that load it there are not used here."""

    framework: str
    family: str
    name: str
    docker_image: str


def read_registry(path: Path) -> list[RegisteredModel]:
    """Read the list.

    Raises:
        OptionError: Its header is another one.
        SourceError: It cannot be read.
    """
    rows = read_table(path, {name: name for name in _COLUMNS}, ("framework", "model_name"))
    return [
        RegisteredModel(
            row.cells["framework"],
            row.cells.get("model_family", ""),
            row.cells["model_name"],
            row.cells.get("docker_image", ""),
        )
        for row in rows
    ]


def find_checkpoint(name: str, models: Mapping[str, str], registry: Sequence[RegisteredModel]) -> str | None:
    """Return the Hub name or folder of a model; None where nothing says it.

    Args:
        name: As the runs have it.
        models: Named by the options; they come first.
        registry: May be empty.
    """
    if name in models:
        return models[name]
    if "/" in name or Path(name).is_dir():
        return name
    family = next((model.family for model in registry if model.name == name), name)
    owner = next((owner for start, owner in _OWNERS.items() if family.lower().startswith(start)), None)
    return None if owner is None else f"{owner}/{name}"
