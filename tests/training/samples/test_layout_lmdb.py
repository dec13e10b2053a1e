"""The predecessor's LMDBs: every sample is read, wherever the keys begin; a label never runs anything."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Status
from ocr_project.training.samples.label_pickle import read_label
from ocr_project.training.samples.source import Refused
from tests.sample_files import label, picture, samples_of, write_layout_lmdb, write_lmdb


@pytest.mark.parametrize("first", [0, 1, 7])
def test_all_samples_are_read_wherever_the_keys_begin(tmp_path: Path, first: int) -> None:
    """Their writer counts from 0, their trainer reads from 1: it misses the first and makes up the last."""
    texts = ["river", "강가의 돌\n둘째 줄", "stone"]
    rows = samples_of(f"layout_lmdb:{write_layout_lmdb(tmp_path / 'x.lmdb', texts, first)}")
    assert [row.answer for row in rows] == texts
    assert [row.place for row in rows] == [f"image-{number:09d}" for number in range(first, first + 3)]
    assert {row.status for row in rows} == {Status.OK}


def test_crops_of_one_page_are_one_document(tmp_path: Path) -> None:
    names = ["a/page.1.jpg_layout_03.jpg", "page.1.png_cell_10_-2.jpg", "page.1.jpg", "", "other.tiff"]
    values = {f"gt-{number:09d}": label("x", name) for number, name in enumerate(names)}
    values |= {f"image-{number:09d}": picture() for number in range(len(names))}
    rows = samples_of(f"layout_lmdb:{write_lmdb(tmp_path / 'x', values)}")
    assert [row.document for row in rows] == ["page.1", "page.1", "page.1", "image-000000003", "other"]


@pytest.mark.parametrize(
    ("image", "text", "data"),
    [
        ("image", "gt", label("stone")),
        ("img", "gt", label("stone")),
        ("image", "label", b"stone\n"),
        ("img", "text", b"\xef\xbb\xbfstone"),
        ("image", "label", pickle.dumps("stone")),
        ("image", "gt", b"stone"),
        ("image", "gt", pickle.dumps({"words": ["sto", 3, "ne"]}).replace(b"sto", b"sto")),
    ],
)
def test_the_schemes_of_keys(tmp_path: Path, image: str, text: str, data: bytes) -> None:
    path = write_lmdb(tmp_path / "x", {f"{image}-000000001": picture(), f"{text}-000000001": data})
    (row,) = samples_of(f"layout_lmdb:{path}")
    assert row.answer.replace(" ", "") == "stone"


def test_what_is_missing_is_a_row(tmp_path: Path) -> None:
    values = {"num-samples": b"4", "image-000000000": picture(), "gt-000000000": label("a")}
    values |= {"image-000000001": picture(), "gt-000000002": label("b"), "image-000000009": picture()}
    values |= {"gt-000000009": label("   ")}
    rows = samples_of(f"layout_lmdb:{write_lmdb(tmp_path / 'x', values)}")
    assert [(row.place[-1], row.status, row.rule) for row in rows] == [
        ("0", Status.OK, ""),
        ("1", Status.EMPTY, "no_answer"),
        ("2", Status.SKIPPED, "no_image"),
        ("3", Status.SKIPPED, "no_image"),
        ("9", Status.EMPTY, "empty_answer"),
    ]


def test_a_truncated_jpeg_is_a_row(tmp_path: Path) -> None:
    whole = picture("river stone", (400, 200), "JPEG")
    values = {"image-000000000": whole[: len(whole) // 2], "gt-000000000": label("river stone")}
    (row,) = samples_of(f"layout_lmdb:{write_lmdb(tmp_path / 'x', values)}")
    assert (row.status, row.rule, row.image) == (Status.FAILED, "broken", None)
    assert "truncated" in row.reason


class _Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("key", ["gt", "label"])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, protocol: int, key: str
) -> None:
    evil = pickle.dumps({"words": [_Evil(tmp_path / "ran")]}, protocol)
    path = write_lmdb(tmp_path / "x", {"image-000000000": picture(), f"{key}-000000000": evil})
    (row,) = samples_of(f"layout_lmdb:{path}")
    assert not (tmp_path / "ran").exists()
    if key == "label" and protocol < 2:  # it does not look like a pickle: it is text, as its key says
        assert row.status is Status.OK
    else:
        assert (row.status, row.rule) == (Status.FAILED, "unsafe_pickle")
        assert "posix.system" in row.reason


def rule_of(data: bytes, *, pickled: bool) -> str:
    """Return what refuses a label; anything else that is raised fails the test."""
    try:
        read_label(data, pickled=pickled)
    except Refused as refused:
        return refused.rule
    return ""


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_a_text_or_a_refusal(data: bytes, pickled: bool) -> None:
    assert rule_of(data, pickled=pickled) in ("", "label", "unsafe_pickle")


@given(st.data())
def test_damaged_labels_are_a_text_or_a_refusal(data: st.DataObject) -> None:
    whole = bytearray(label("강가의 돌"))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    assert rule_of(cut, pickled=True) in ("", "label", "unsafe_pickle")


def test_what_is_no_database_ends_the_run_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        samples_of(f"layout_lmdb:{tmp_path / 'nothing'}")
    (tmp_path / "text").write_text("not a database")
    with pytest.raises(SourceError, match="is not an LMDB"):
        samples_of(f"layout_lmdb:{tmp_path / 'text'}")
    with pytest.raises(SourceError, match="holds no key image"):
        samples_of(f"layout_lmdb:{write_lmdb(tmp_path / 'x', {'num-samples': b'1'})}")
