"""Public test sets, each read as it is published: one folder per set.

    card.py         what is known about a set before it is read: licence, origin, scores
    item.py         an item: image, question, truths; the ids of its rows
    fetching.py     where a set lies, and its download
    parquet.py      sets in Parquet files
    file_sets.py    sets of JSON, text files and folders
    selecting.py    which items are taken, and in which shards
    prompts.py      questions where a set has none of its own

A set is named by `testsets.sets`; a name with a slash is a folder of one's own (own_folder.py).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.fetching import locate
from ocr_project.bench.testsets.item import Item, OpenedSet, doc_id, page_id, truths_of
from ocr_project.bench.testsets.selecting import Chosen, NamedShards, narrow, select, set_name, testset_identity
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import TestsetsOptions

__all__ = [
    "NAMES",
    "Card",
    "Chosen",
    "Item",
    "NamedShards",
    "OpenedSet",
    "card_of",
    "doc_id",
    "narrow",
    "open_test_set",
    "open_test_sets",
    "page_id",
    "select",
    "testset_identity",
    "truths_of",
]

# Name: module, its card, the function that opens it. Modules are imported when they are asked for.
_SETS = {
    "omnidocbench_v1_5": ("omnidocbench", "CARD_V1_5", "open_set_v1_5"),
    "omnidocbench_v1_6": ("omnidocbench", "CARD", "open_set"),
    "ocrbench": ("ocrbench", "CARD", "open_set"),
    "ocrbench_v2": ("ocrbench_v2", "CARD", "open_set"),
    "unimer_test": ("unimer_test", "CARD", "open_set"),
    "pubtabnet": ("pubtabnet", "CARD", "open_set"),
    "teds_test": ("teds_test", "CARD", "open_set"),
    "nanonets_kie": ("nanonets_kie", "CARD", "open_set"),
    "iam_lines": ("iam_lines", "CARD", "open_set"),
    "handwritten_kie": ("handwritten_kie", "CARD", "open_set"),
    "dp_bench": ("dp_bench", "CARD", "open_set"),
    "docvqa": ("docvqa", "CARD", "open_set"),
    "sroie": ("sroie", "CARD", "open_set"),
    "cord": ("cord", "CARD", "open_set"),
    "olmocr_bench": ("olmocr_bench", "CARD", "open_set"),
    "kdoc_ocrbench_v2": ("kdoc_ocrbench_v2", "CARD", "open_set"),
    "sds_kopub": ("sds_kopub", "CARD", "open_set"),
}
NAMES = tuple(_SETS)


def card_of(name: str) -> Card:
    """Return what is known about a set.

    Raises:
        OptionError: There is none of that name.
    """
    module, card, _ = _entry(name)
    found = getattr(import_module(f"{__name__}.{module}.reader"), card)
    assert isinstance(found, Card)
    return found


def open_test_set(name: str, options: TestsetsOptions) -> OpenedSet:
    """Open a set.

    Args:
        name: One of `NAMES`, or a path (it has a slash) to a folder of one's own.
        options: Where sets lie, and whether they may be downloaded.

    Raises:
        OptionError: There is none of that name.
        SourceError: It is not there, or damaged; the message says how to get it.
    """
    if "/" in name:
        from ocr_project.bench.testsets.own_folder import reader as own_folder

        root = Path(name).expanduser()
        if not root.is_dir():
            raise SourceError(f"{root} is not there; testsets.sets names a folder of one's own by its path")
        return own_folder.open_set(root, set_name(name))
    module, _, opener = _entry(name)
    root = options.folder
    if name != "sds_kopub":  # it lies nowhere here: its module says where it is scored
        root = locate(card_of(name), root, download=options.download)
    opened: OpenedSet = getattr(import_module(f"{__name__}.{module}.reader"), opener)(root)
    return opened


def open_test_sets(options: TestsetsOptions) -> list[OpenedSet]:
    """Open the sets of `testsets.sets`, in that order.

    Raises:
        OptionError: Two of them have the same name.
    """
    opened = [open_test_set(name, options) for name in options.sets]
    names = [one.card.name for one in opened]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(f"testsets.sets has {', '.join(twice)} more than once: rename one of the folders")
    return opened


def _entry(name: str) -> tuple[str, str, str]:
    try:
        return _SETS[name]
    except KeyError:
        raise OptionError(
            f"testsets.sets: there is no {name!r}; there are {', '.join(NAMES)}, and any folder by its path"
        ) from None
