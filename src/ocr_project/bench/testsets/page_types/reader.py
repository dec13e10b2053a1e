"""Document types of scans, in the folders of VLMHyperBench's classification.

    <type>/images/<subset>/<name>.jpg            a document of one page
    <type>/images/<subset>/<document>/<n>.jpg    one of several
    classes.json                                 {"tin_old": "ИНН старого образца", …}; without it: the folders' names

Types are numbered from 0 in the order of classes.json, or of their names. Images of one name in several subsets
(`clean`, `blur`) are one document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ocr_project.bench.testsets.file_sets import IMAGES, ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.page_types.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import TruthKind
from ocr_project.storage.given_text import is_given

_TITLES = "classes.json"


@dataclass(frozen=True, slots=True)
class _Scan:
    type: str
    subset: str
    document: str
    image: Path


def open_set(root: Path) -> OpenedSet:
    """Open the folders of types.

    Raises:
        SourceError: There are fewer than two types, or classes.json does not fit them.
    """
    titles = _titles(root)
    scans = [scan for name in titles for scan in _scans(root, name)]
    question = _question(titles)
    known = {"types": list(titles), "titles": list(titles.values())}  # lists: their order is their numbers

    def make(index: int, scan: _Scan, images: bool) -> Item:
        number = known["types"].index(scan.type)
        return Item(
            index=index,
            document=f"{scan.type}/{scan.document}",
            image=scan.image if images else None,
            truths=((TruthKind.ANSWERS, {"answers": [str(number)], "type": scan.type, **known}),),
            question=question,
            slices=(("type", scan.type), ("subset", scan.subset)),
            name=str(scan.image.relative_to(root).with_suffix("")),
        )

    described = [path for path in [root / _TITLES] if path.is_file()]
    return ListedSet(CARD, scans, make, fingerprint_of(described, [scan.image for scan in scans]))


def _titles(root: Path) -> Mapping[str, str]:
    """Return the title of each type."""
    folders = sorted(path.parent.name for path in root.glob("*/images") if path.is_dir())
    if len(folders) < 2:
        raise SourceError(f"{root} has {len(folders)} folders <type>/images, and types are told apart from two on")
    path = root / _TITLES
    if not is_given(path, root):
        return {name: name for name in folders}
    titles = read_json(path)
    if not isinstance(titles, dict) or not all(isinstance(title, str) and title for title in titles.values()):
        raise SourceError(f'{path} is not {{"type": "title", …}}')
    if lacking := [name for name in folders if name not in titles]:
        raise SourceError(f"{path} has no title for {', '.join(lacking)}")
    if empty := [name for name in titles if name not in folders]:
        raise SourceError(f"{path} has a title for {', '.join(empty)}, and there is no folder {empty[0]}/images")
    return {str(name): title for name, title in titles.items()}


def _scans(root: Path, name: str) -> list[_Scan]:
    folder = root / name / "images"
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix.lower() in IMAGES and len(parts) in (2, 3) and is_given(path, root):
            found.append(_Scan(name, parts[0], parts[1] if len(parts) == 3 else path.stem, path))
    if not found:
        raise SourceError(f"{folder} has no images <subset>/<name>.jpg")
    return found


def _question(titles: Mapping[str, str]) -> str:
    listed = "\n".join(f"{number}: {title}" for number, title in enumerate(titles.values()))
    return (
        f"Which of these types of documents does the image show?\n{listed}\nAnswer with its number and nothing else."
    )
