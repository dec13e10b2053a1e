"""Weights that another framework stored turned: found against the base, by kind of layer and content, and put right.

Paddle's linear layers hold [in, out], torch's [out, in]. By shape it cannot be told: 109 of PaddleOCR-VL's 291 linear
matrices are square, and load either way without a word. So each matrix is compared with the base's: it is the one, or
the one turned round, that it lies much nearer to. What was tuned a little is still much nearer to its own base than to
the same numbers in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import OptionError
from ocr_project.storage.atomic import atomic_folder

_NEARER = 0.5  # of the other distance, at most: two matrices without relation are equally far
_TABLES = ("embed",)  # names of tables of vectors, which no framework turns
_WEIGHTS = "*.safetensors"


@dataclass(frozen=True, slots=True)
class Turned:
    """What was found of one tensor.

    Attributes:
        turned: Whether it is to be turned.
        as_it_is: Distance to the base over the base's length; infinite where shapes differ.
        round: The same of it turned round.
    """

    name: str
    turned: bool
    as_it_is: float
    round: float


def compare_orientation(folder: Path, base: Path) -> list[Turned]:
    """Compare all weights of a checkpoint with those of its base.

    Args:
        folder: Files of weights with the base's names, foreign or our own.
        base: The checkpoint that it was trained from.

    Raises:
        OptionError: A tensor is missing, has another shape, or is as far from the base either way.
    """
    found, faults = [], []
    theirs = dict(_tensors(base))
    ours = dict(_tensors(folder))
    for name, read in theirs.items():
        if name not in ours:
            faults.append(f"{name} is missing")
            continue
        one, other = ours[name](), read()
        compared = _compare(name, one, other)
        if isinstance(compared, str):
            faults.append(compared)
        else:
            found.append(compared)
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise OptionError(f"{folder} does not go with {base}: {'; '.join(faults[:5])}{more}")
    return found


def repair_orientation(folder: Path, base: Path, repaired: Path) -> list[Turned]:
    """Write a checkpoint with every weight the right way round; all other files are the base's.

    Args:
        folder: The foreign checkpoint.
        base: The one that it was trained from.
        repaired: The folder to write; it is there whole or not at all.

    Returns:
        What was found of each tensor.

    Raises:
        OptionError: See `compare_orientation`.
    """
    from safetensors.torch import save_file

    found = {one.name: one for one in compare_orientation(folder, base)}
    sources = dict(_tensors(folder))
    with atomic_folder(repaired) as draft:
        copy_side_files(base, draft)
        for path in sorted(base.glob(_WEIGHTS)):
            tensors = {name: sources[name]() for name, _ in _tensors_of(path)}
            tensors = {name: (one.T if found[name].turned else one).contiguous() for name, one in tensors.items()}
            save_file(tensors, draft / path.name, metadata={"format": "pt"})
        for index in base.glob("*.safetensors.index.json"):
            (draft / index.name).write_bytes(index.read_bytes())
    return list(found.values())


def copy_side_files(source: Path, target: Path) -> list[str]:
    """Copy what lies beside the weights and is not there yet: tokenizer, processors, templates, configuration.

    Returns:
        Names of the files that were copied.
    """
    copied = []
    for path in sorted(source.iterdir()):
        weights = path.suffix in (".safetensors", ".bin", ".pt", ".pdparams") or path.name.endswith(".index.json")
        if path.is_file() and not weights and not path.name.startswith(".") and not (target / path.name).exists():
            (target / path.name).write_bytes(path.read_bytes())
            copied.append(path.name)
    return copied


def _compare(name: str, one: Any, other: Any) -> Turned | str:
    if one.ndim != 2 or any(table in name for table in _TABLES):
        if one.shape != other.shape:
            return f"{name} has the shape {tuple(one.shape)}, not {tuple(other.shape)}"
        return Turned(name, False, _distance(one, other), float("inf"))
    straight = _distance(one, other) if one.shape == other.shape else float("inf")
    turned = _distance(one.T, other) if one.T.shape == other.shape else float("inf")
    if min(straight, turned) == float("inf"):
        return f"{name} has the shape {tuple(one.shape)}, not {tuple(other.shape)} or that turned round"
    if max(straight, turned) > 0 and min(straight, turned) > _NEARER * max(straight, turned):
        return f"{name} is as far from the base either way ({straight:.2f} as it is, {turned:.2f} turned round)"
    return Turned(name, turned < straight, straight, turned)


def _distance(one: Any, other: Any) -> float:
    length = float(other.float().norm())
    return float((one.float() - other.float()).norm()) / (length or 1.0)


def _tensors(folder: Path) -> Iterator[tuple[str, Any]]:
    paths = sorted(folder.glob(_WEIGHTS))
    if not paths:
        raise OptionError(f"{folder} holds no weights ({_WEIGHTS})")
    for path in paths:
        yield from _tensors_of(path)


def _tensors_of(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield names, and what reads each tensor: one at a time is in memory."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        names = list(file.keys())

    def reader(name: str) -> Any:
        with safe_open(path, framework="pt") as file:
            return file.get_tensor(name)

    for name in names:
        yield name, (lambda name=name: reader(name))
