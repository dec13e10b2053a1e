"""Public test sets: one folder per set, with all that is known about it.

    <set>/card.py        origin, licence, scores, headline: known before anything is read
    <set>/reader.py      its files, as they are published, to items
    <set>/rules.py       how its items are scored; a folder where the set has a protocol of its own
    <set>/composites.py  means of means, where it has some
    <set>/views.py       how a person sees its ground truth, where that is not text, a table, a formula or a form

What all of them share:

    definition.py   `TestSet`: these parts behind one face, imported when asked for
    card.py         the card
    composite.py    a mean of means
    item.py         an item: image, question, ground truths; the ids of its rows
    fetching.py     where a set is, and its download
    parquet.py      sets in Parquet files
    file_sets.py    sets of JSON, text files and folders
    selecting.py    which items are taken, and in which shards
    prompts.py      questions where a set has none of its own

A set is named by `testsets.sets`; a name with a slash is a folder of your own (`own_folder`).
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.definition import TestSet
from ocr_project.bench.testsets.fetching import locate_set
from ocr_project.bench.testsets.item import TRUTHS_VERSION, Item, OpenedSet, doc_id, page_id, truths_of
from ocr_project.bench.testsets.selecting import Chosen, NamedShards, narrow, select, set_name, testset_identity
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import TestsetsOptions

__all__ = [
    "NAMES",
    "TRUTHS_VERSION",
    "Card",
    "Chosen",
    "Item",
    "NamedShards",
    "OpenedSet",
    "TestSet",
    "card_of",
    "doc_id",
    "find_test_set",
    "narrow",
    "open_test_set",
    "open_test_sets",
    "page_id",
    "select",
    "testset_identity",
    "truths_of",
]

NAMES = (
    "omnidocbench_v1_5",
    "omnidocbench_v1_6",
    "ocrbench",
    "ocrbench_v2",
    "unimer_test",
    "pubtabnet",
    "teds_test",
    "nanonets_kie",
    "iam_lines",
    "handwritten_kie",
    "dp_bench",
    "docvqa",
    "sroie",
    "cord",
    "olmocr_bench",
    "kdoc_ocrbench_v2",
    "sds_kopub",
    "page_types",
    "page_order",
)
OWN_FOLDER = TestSet("own_folder")


def find_test_set(name: str) -> TestSet:
    """Return the set of a name as rows have it (`Truth.test_set`, `Score.group`): any other one is a folder."""
    return TestSet(name) if name in NAMES else OWN_FOLDER


def card_of(name: str) -> Card:
    """Return what is known about a set.

    Raises:
        OptionError: There is none of that name.
    """
    return _public(name).card


def open_test_set(name: str, options: TestsetsOptions) -> OpenedSet:
    """Open a set.

    Args:
        name: One of `NAMES`, or a path (it has a slash) to a folder of your own.
        options: Where sets are, and whether they may be downloaded.

    Raises:
        OptionError: There is none of that name, or a folder has the name of a public set.
        SourceError: It is not there, or damaged; the message says how to get it.
    """
    if "/" in name:
        root = Path(name).expanduser()
        if not root.is_dir():
            raise SourceError(f"testsets.sets: the folder {root} does not exist; use a test set or a folder")
        if set_name(name) in NAMES:  # rows say the name only, and would be scored by the rules of the public set
            raise OptionError(f"testsets.sets: the folder {root} has the name of a public test set: rename it")
        return OWN_FOLDER.open(root)
    test_set = _public(name)
    if name == "sds_kopub":  # not stored here: its reader says where it is scored
        return test_set.open(options.folder)
    return test_set.open(locate_set(test_set.card, options.folder, download=options.download))


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


def _public(name: str) -> TestSet:
    if name not in NAMES:
        raise OptionError(f"testsets.sets: {name!r} is unknown; use {', '.join(NAMES)}, or the path of a folder")
    return TestSet(name)
