"""UniMER-Test: 23,757 formulas in four subsets: simple and complex print, screen captures, handwriting.

`UniMER-Test.zip` as it is on the Hub, or the folder in it: `spe.txt`, `cpe.txt`, `sce.txt`, `hwe.txt` with a line of
LaTeX for each image of the folder of the same name, `0000000.png` and so on.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.unimer_test.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Label, TruthKind
from ocr_project.storage.given_text import read_given

_SUBSETS = ("spe", "cpe", "sce", "hwe")


@dataclass(frozen=True, slots=True)
class _Formula:
    subset: str
    number: int
    latex: str


def open_set(root: Path) -> OpenedSet:
    """Open the archive, or the folder that was in it."""
    if archives := sorted(path for path in root.glob("*.zip") if path.stem.lower() == "unimer-test"):
        return _zipped(archives[0])
    folder = next((path.parent for path in sorted(root.rglob("spe.txt"))), None)
    if folder is None:
        raise SourceError(f"{root} has neither UniMER-Test.zip nor spe.txt")
    texts = [folder / f"{subset}.txt" for subset in _SUBSETS if (folder / f"{subset}.txt").is_file()]
    formulas = [f for path in texts for f in _formulas(path.stem, read_given(path))]

    def make(index: int, formula: _Formula, images: bool) -> Item:
        path = folder / formula.subset / f"{formula.number:07d}.png"
        return _item(index, formula, path if images else None)

    return ListedSet(CARD, formulas, make, fingerprint_of(texts))


def _zipped(archive: Path) -> OpenedSet:
    with zipfile.ZipFile(archive) as file:
        infos = file.infolist()
        names = {Path(info.filename).name: info.filename for info in infos if info.filename.endswith(".txt")}
        texts = {subset: names[f"{subset}.txt"] for subset in _SUBSETS if f"{subset}.txt" in names}
        formulas = [f for subset, name in texts.items() for f in _formulas(subset, file.read(name).decode("utf-8"))]
    parents = {subset: name.removesuffix(f"{subset}.txt") for subset, name in texts.items()}
    digest = hashlib.sha256("".join(f"{info.filename}:{info.CRC}" for info in infos).encode()).hexdigest()

    def make(index: int, formula: _Formula, images: bool) -> Item:
        if not images:
            return _item(index, formula, None)
        name = f"{parents[formula.subset]}{formula.subset}/{formula.number:07d}.png"
        with zipfile.ZipFile(archive) as file:  # opened anew: one handle is not for two threads
            return _item(index, formula, file.read(name) if name in file.NameToInfo else None)

    return ListedSet(CARD, formulas, make, digest)


def _formulas(subset: str, text: str) -> Iterator[_Formula]:
    for number, line in enumerate(text.splitlines()):
        yield _Formula(subset, number, line.strip())


def _item(index: int, formula: _Formula, image: bytes | Path | None) -> Item:
    return Item(
        index=index,
        document=f"{formula.subset}/{formula.number}",
        image=image,
        truths=((TruthKind.FORMULA, {"latex": formula.latex}),),
        given=Label.FORMULA,
        slices=(("subset", formula.subset),),
    )
