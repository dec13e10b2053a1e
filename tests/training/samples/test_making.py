"""What all sources share: limits, splits by document, identities, what is held out, shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from ocr_project.domain.options import IngestOptions, TrainingDataOptions
from ocr_project.domain.types import HeldOut, Split, Status
from ocr_project.training.samples.held_out import Guard, digest_of_file, digest_of_pixels, is_telling
from ocr_project.training.samples.making import SampleMaker, split_of
from ocr_project.training.samples.shards import choose
from ocr_project.training.samples.source import Entry, Found, ListedSource, page_free
from tests.sample_files import picture, samples_of


def write(folder: Path, **images: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        (folder / f"{name}.png").write_bytes(image)
        (folder / f"{name}.txt").write_text(f"text of {name}")
    return f"folder:{folder}"


def test_images_that_cannot_be_used_are_rows(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        dot=picture(size=(1, 1)),
        good=picture(),
        huge=picture(size=(30_000, 60)),
        not_an_image=b"text",
        nothing=b"",
        strip=picture(size=(2_000, 9)),
        too_many=picture(size=(20_000, 8_000), form="GIF"),
    )
    rows = samples_of(source)
    assert {row.place.removesuffix(".txt"): (row.status, row.rule) for row in rows} == {
        "dot": (Status.SKIPPED, "small_image"),
        "good": (Status.OK, ""),
        "huge": (Status.SKIPPED, "large_image"),
        "not_an_image": (Status.FAILED, "broken"),
        "nothing": (Status.FAILED, "broken"),
        "strip": (Status.SKIPPED, "narrow_image"),
        "too_many": (Status.FAILED, "too_large"),
    }
    assert all(row.reason for row in rows if row.status is not Status.OK)
    assert len({row.sample_id for row in rows}) == len(rows)


def test_answers_that_cannot_be_used_are_rows(tmp_path: Path) -> None:
    source = write(tmp_path, empty=picture(), long=picture())
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "long.txt").write_text("x" * 40_000)
    empty, long = samples_of(source)
    assert (empty.status, empty.rule) == (Status.EMPTY, "empty_answer")
    assert (long.status, long.rule, len(long.answer)) == (Status.SKIPPED, "long_answer", 2_000)
    assert long.reason == "40,000 characters; training_data.most_characters is 30,000"


def test_all_samples_of_a_document_are_in_one_split() -> None:
    options = TrainingDataOptions(valid=0.2, test=0.1)
    drawn = [split_of(f"document {number}", options) for number in range(4_000)]
    shares = {split: drawn.count(split) / len(drawn) for split in Split}
    assert shares == pytest.approx({Split.TRAIN: 0.7, Split.VALID: 0.2, Split.TEST: 0.1}, abs=0.03)
    more = TrainingDataOptions(valid=0.4, test=0.1)
    moved = [before for number, before in enumerate(drawn) if before is not split_of(f"document {number}", more)]
    assert set(moved) == {Split.TRAIN}, "a larger share takes more, and keeps what it had"
    assert drawn != [split_of(f"document {number}", options.model_copy(update={"seed": 1})) for number in range(4_000)]


def test_an_identity_is_what_a_model_sees_and_says(tmp_path: Path) -> None:
    first = samples_of(write(tmp_path / "a", x=picture("same"), y=picture("other")))
    (tmp_path / "b").mkdir()
    (tmp_path / "b/z.png").write_bytes(picture("same"))
    (tmp_path / "b/z.txt").write_text("text of x")
    (again,) = samples_of(f"folder:{tmp_path / 'b'}")
    assert again.sample_id == first[0].sample_id
    assert again.place != first[0].place
    assert first[1].sample_id != first[0].sample_id


def held(document: str = "", file: str = "", pixels: str = "") -> HeldOut:
    return HeldOut("item", "sroie", document, file, pixels)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (held(file=digest_of_file(picture("secret"))), "its image is in the test set sroie"),
        (held(pixels=digest_of_pixels(picture("secret", form="BMP"))), "its image is in the test set sroie"),
        (held(document="scans/receipt_17a.jpg"), "its document is in the test set sroie"),
    ],
)
def test_what_is_in_a_test_set_is_refused(tmp_path: Path, row: HeldOut, said: str) -> None:
    source = write(tmp_path, receipt_17a=picture("secret"), train=picture("open"))
    secret, open_ = samples_of(source, held_out=[row])
    assert (secret.status, secret.rule, secret.reason, secret.image) == (Status.SKIPPED, "held_out", said, None)
    assert open_.status is Status.OK


def test_names_that_many_documents_have_hold_nothing_out(tmp_path: Path) -> None:
    assert not any(map(is_telling, ("0001", "2024-01-01", "scan", "a/b/page")))
    (row,) = samples_of(write(tmp_path, **{"0001": picture()}), held_out=[held("0001")])
    assert row.status is Status.OK


def test_what_changes_rows_is_in_the_identity() -> None:
    def of(guard: Guard = Guard(), **options: object) -> str:  # noqa: B008
        return SampleMaker(TrainingDataOptions(**options), IngestOptions(), guard).identity().canonical()

    changes = ({"valid": 0.5}, {"longest_side": 1024}, {"rules": False}, {"seed": 3}, {"aihub_words": False})
    texts = {of(), of(Guard({"digest": "set"})), *(of(**change) for change in changes)}
    assert len(texts) == 2 + len(changes)
    assert of(page_samples=3, shard_samples=7, sources="folder:x") == of(), "what does not change rows is left out"


def source_of(places: Sequence[str]) -> ListedSource[str]:
    entries = [Entry(place, place, "mark", place) for place in places]
    return ListedSource("folder:x", entries, lambda place: Found(answer=place))


def test_shards_are_cut_by_content() -> None:
    places = [f"{number:05d}.png" for number in range(2_000)]
    whole = choose(source_of(places), limit=None, shard_samples=32, seed=0)
    sizes = [len(chosen.indices) for chosen in whole.values()]
    assert sum(sizes) == 2_000
    assert max(sizes) <= 64
    assert min(sizes[:-1]) >= 8
    more = choose(source_of([*places[:1_000], "00999a.png", *places[1_000:]]), limit=None, shard_samples=32, seed=0)
    keys = [{chosen.info().key for chosen in shards.values()} for shards in (whole, more)]
    assert len(keys[0] - keys[1]) <= 3, "a new entry moves its neighbours only"


def test_a_changed_file_changes_its_shard_only(tmp_path: Path) -> None:
    source = source_of([f"{number}.png" for number in range(100)])
    changed = ListedSource(
        source.label,
        [replace(entry, mark="new") if entry.place == "50.png" else entry for entry in source.entries],
        lambda place: Found(answer=place),
    )
    before, after = (
        {c.info().key for c in choose(s, limit=None, shard_samples=8, seed=0).values()} for s in (source, changed)
    )
    assert len(before - after) == len(after - before) == 1


def test_a_limit_is_drawn_and_a_larger_one_keeps_what_a_smaller_took() -> None:
    places = [f"{number:03d}" for number in range(200)]

    def taken(limit: int) -> set[str]:
        shards = choose(source_of(places), limit=limit, shard_samples=16, seed=0)
        return {places[index] for chosen in shards.values() for index in chosen.indices}

    assert len(taken(20)) == 20
    assert taken(20) < taken(50)
    assert taken(500) == set(places)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("a/b_pg12", "a/b"),
        ("a/b_page_3", "a/b"),
        ("report.p003", "report"),
        ("report-p3", "report"),
        ("img_12", "img_12"),
        ("12", "12"),
        ("_p1", "_p1"),
        ("x_p12345", "x_p12345"),
    ],
)
def test_pages_know_their_document(name: str, document: str) -> None:
    assert page_free(name) == document


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sources": "folder"}, "is not format:path"),
        ({"sources": "zip:a"}, "is not format:path"),
        ({"sources": ["folder:a/x", "folder:b/x"]}, "two sources are called folder:x"),
        ({"valid": 0.8, "test": 0.3}, "more than 1 together"),
    ],
)
def test_options_that_cannot_be(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainingDataOptions(**given)


def test_sources_are_joined_by_a_plus() -> None:
    named = TrainingDataOptions(sources="olmocr:a/mix+layout_lmdb:/b/x.lmdb").named
    assert [source.label for source in named] == ["olmocr:mix", "layout_lmdb:x.lmdb"]


def test_pillow_can_still_open_what_is_refused(tmp_path: Path) -> None:
    """The image of 30,000 pixels is a good one: it is refused for its size, not since it cannot be read."""
    write(tmp_path, huge=picture(size=(30_000, 60)))
    with Image.open(tmp_path / "huge.png") as image:
        assert image.size == (30_000, 60)
    (row,) = samples_of(f"folder:{tmp_path}", most_side=40_000, least_side=1)
    assert row.rule == "narrow_image"
