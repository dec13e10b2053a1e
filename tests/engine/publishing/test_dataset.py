"""The published folder: loaded as a user loads it, the same bytes twice, nothing personal in it."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from datasets import Dataset, Features, load_dataset
from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PersonalData, PublishImages, PublishOptions
from ocr_project.domain.types import (
    Box,
    Document,
    Embedding,
    Identity,
    Label,
    Page,
    Qrel,
    Query,
    Recognition,
    Reference,
    Region,
    Score,
    ShardInfo,
    Status,
    Transcript,
    Word,
)
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.publishing import Tables, find_personal_data, measure_dataset, write_dataset
from ocr_project.engine.publishing.configurations import configurations
from ocr_project.engine.publishing.features import arrow_schema
from ocr_project.testing import fakes

NAMES = ["pages", "regions", "transcripts", "embeddings", "queries", "scores"]
NUMBER = "800101-1234560"
ADDRESS = "hong@example.kr"
SECRETS = (NUMBER, "1234560", ADDRESS)
OPTIONS = PublishOptions(file_pages=4, title="Rivers", licence="cc-by-4.0", source_licence="CC0 1.0")
WORDS = (
    Word("강", Box(5, 5, 20, 20), 0.9, 0),
    Word("800101-", Box(25, 5, 60, 20), 0.5, 0),
    Word("1234560", Box(5, 25, 60, 40), 0.5, 1),
)


class Shards(fakes.MemoryShards):
    """Leaves out what is not asked for, and notes whether images were."""

    images = 0

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        for row in super().read(name):
            if isinstance(row, Page) and "image" not in without:
                self.images += 1
            yield replace(row, image=None) if "image" in without else row


def page_of(number: int, shard: str, side: int = 60) -> Page:
    noise = np.random.default_rng(number).integers(0, 255, (side, side, 3), np.uint8)
    return fakes.page(
        number,
        shard,
        path=f"ko/{shard}.pdf",
        group="ko",
        image=encode(noise),
        width=side,
        height=side,
        media_type="image/png",
        text_layer=f"강 {number}",
        seconds=number / 7,
    )


def rows_of(page: Page, text: str, words: tuple[Word, ...] = ()) -> tuple[list[Region], list[Recognition], Transcript]:
    region = Region(page.page_id, 0, Label.TEXT, "paragraph", Box(5, 5, 55, 45), seconds=0.1)
    picture = Region(page.page_id, 1, Label.PICTURE, "figure", Box(0, 45, 60, 60), quad=(0, 45, 60, 45, 60, 60, 0, 60))
    status, reason = (Status.FAILED, "timeout: ask again | later") if text == "fails" else (Status.OK, "")
    read = Recognition(page.page_id, 0, text, words=words, status=status, reason=reason, seconds=0.3)
    skipped = Recognition(page.page_id, 1, "", status=Status.SKIPPED, reason="a picture", attempts=0)
    transcript = Transcript(
        page.page_id, page.doc_id, page.path, page.group, page.number, text, f"# {text}", status=status, reason=reason
    )
    return [region, picture], [read, skipped], transcript


class Finished:
    """What a run leaves behind: four shards of two pages each."""

    def __init__(self, side: int = 60) -> None:
        self.side = side
        self.folders = {name: Shards() for name in ("pages", "regions", "recognitions", "transcripts", "vectors")}
        for shard in "abcd":
            self.put(shard)

    def put(self, shard: str, key: str = "1", text: str = "강은 흐른다") -> None:
        pages = [page_of(number, shard, self.side) for number in (1, 2)]
        texts = [text, f"{text} {NUMBER.replace('-', '- ')} 문의 {ADDRESS}"] if shard == "a" else [text, text]
        texts = [text, "fails"] if shard == "d" else texts
        found = [
            rows_of(page, said, WORDS if NUMBER[:6] in said else ()) for page, said in zip(pages, texts, strict=True)
        ]
        rows: dict[str, list[Any]] = {
            "pages": pages,
            "regions": [row for regions, _, _ in found for row in regions],
            "recognitions": [row for _, recognitions, _ in found for row in recognitions],
            "transcripts": [transcript for _, _, transcript in found],
            "vectors": [Embedding(p.page_id, "page", "text", np.ones(3, np.float32)) for p in pages],
        }
        for name, items in rows.items():
            identity = Identity(f"{name} model", "rev7", {"dpi": 200}).canonical()
            info = ShardInfo(shard, f"{name} {key}", shard, 2, stage=name, identity=identity, items=len(items))
            self.folders[name].shards[shard] = (info, items)

    def corpus(self) -> Corpus:
        folders = self.folders
        stages = (folders[name] for name in ("pages", "regions", "recognitions", "transcripts"))
        return Corpus(*stages, folders["vectors"])

    def tables(self) -> Tables:
        rate = {"level": "overall", "name": "all", "reference": "gold", "metric": "cer", "pages": 2}
        broken = "broken: no PDF"
        return Tables(
            documents=[
                *(Document(shard, f"ko/{shard}.pdf", "ko", "application/pdf", 2, 9, "/home/me/x") for shard in "abcd"),
                Document("e", "e.pdf", "", "", 0, 9, "/home/me/e", Status.FAILED, broken),
            ],
            queries=[Query("q1", "강은?", "text"), Query("q2", f"{ADDRESS} 누구?")],
            query_vectors=[Embedding("q1", "query", "text", np.ones(3, np.float32))],
            qrels=[Qrel("q1", "a_00001", 2)],
            scores=[Score("a_00001", "a", "ko", "cer", 1, 8)],
            references=[Reference("a_00001", "강은 흐른다", "gold")],
            rates=[{**rate, "numerator": 1.0, "denominator": 8.0, "rate": 0.125, "low": 0.1, "high": 0.2}],
        )

    def publish(self, folder: Path, options: PublishOptions = OPTIONS) -> None:
        corpus, tables = self.corpus(), self.tables()
        write_dataset(folder, corpus=corpus, tables=tables, options=options, project=folder.parent)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish") / "published"
    Finished().publish(folder)
    return folder


def load(folder: Path, name: str, cache: Path) -> Dataset:
    found = load_dataset(str(folder), name, split="train", cache_dir=str(cache))
    assert isinstance(found, Dataset)
    return found


def files(folder: Path) -> dict[str, tuple[str, int]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.relative_to(folder).as_posix()] = (digest, path.stat().st_mtime_ns)
    return found


def card_of(folder: Path) -> tuple[dict[str, Any], str]:
    _, head, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(head), body


@pytest.mark.parametrize("name", NAMES)
def test_each_configuration_loads_with_its_features(published: Path, tmp_path: Path, name: str) -> None:
    found = load(published, name, tmp_path)
    assert (
        len(found) == {"pages": 8, "regions": 16, "transcripts": 8, "embeddings": 9, "queries": 2, "scores": 1}[name]
    )
    columns = configurations(PublishImages.PAGES)[name].columns
    assert list(found.features) == [column.name for column in columns]
    # what the card says, what the file's metadata says and what Arrow's types say is the same
    assert found.features == Features.from_arrow_schema(arrow_schema(columns))
    plain = arrow_schema(columns).remove_metadata()
    if name != "pages":  # a struct is an image by the metadata alone
        assert found.features == Features.from_arrow_schema(plain)
    assert found.features.arrow_schema.remove_metadata() == plain


def test_configurations_join_and_images_open(published: Path, tmp_path: Path) -> None:
    tables = {name: load(published, name, tmp_path) for name in NAMES}
    ids = tables["pages"]["page_id"][:]
    assert ids == tables["transcripts"]["page_id"][:]
    assert set(tables["regions"]["page_id"]) == set(ids)
    assert set(tables["scores"]["page_id"]) | {q["page_id"] for q in tables["queries"][0]["relevant_pages"]} <= {*ids}
    vectors = tables["embeddings"].to_list()
    assert [row["item_id"] for row in vectors if row["kind"] == "page"] == ids
    assert [row["page_id"] for row in vectors if row["kind"] == "query"] == [None]
    assert vectors[0]["vector"] == [1.0, 1.0, 1.0]
    first = tables["pages"][0]
    assert isinstance(first["image"], Image.Image)
    assert np.array_equal(np.asarray(first["image"]), np.asarray(Image.open(io.BytesIO(page_of(1, "a").image or b""))))
    assert tables["regions"][0]["box"] == [5, 5, 55, 45]
    assert tables["regions"][0]["region_id"] == "a_00001#0"
    assert tables["scores"][0]["reference"] == "gold"


def test_publishing_twice_rewrites_nothing(tmp_path: Path) -> None:
    Finished().publish(tmp_path / "first")
    before = files(tmp_path / "first")
    again = Finished()
    again.publish(tmp_path / "first")
    assert files(tmp_path / "first") == before
    assert again.folders["pages"].images == 0  # not even read
    Finished().publish(tmp_path / "second")
    assert {n: h for n, (h, _) in files(tmp_path / "second").items()} == {n: h for n, (h, _) in before.items()}


def test_a_changed_shard_costs_its_own_file_only(tmp_path: Path) -> None:
    run, folder = Finished(), tmp_path / "published"
    run.publish(folder)
    before = files(folder)
    run.put("c", key="2", text="산은 높다")
    run.publish(folder)
    after = files(folder)
    changed = {name for name in before if before[name] != after[name]}
    # the vectors have the same rows, and another key
    data = {f"{name}/00001-000.parquet" for name in ("pages", "regions", "transcripts")}
    assert changed == {*data, "embeddings/pages-00001-000.parquet", "README.md"}


def test_what_belongs_to_no_shard_any_more_is_removed(tmp_path: Path) -> None:
    run, folder = Finished(), tmp_path / "published"
    run.publish(folder)
    (folder / "pages" / ".00007-000.parquet.partial").write_bytes(b"of a run that was killed")
    for shards in run.folders.values():
        del shards.shards["c"], shards.shards["d"]
    run.publish(folder)
    left = [name for name in files(folder) if name.startswith(("pages", "embeddings"))]
    assert left == [
        "embeddings/pages-00000-000.parquet",
        "embeddings/queries-00000-000.parquet",
        "pages/00000-000.parquet",
    ]


def test_no_file_is_larger_than_the_limit(tmp_path: Path) -> None:
    run, folder = Finished(side=500), tmp_path / "published"
    options = OPTIONS.model_copy(update={"file_megabytes": 1, "file_pages": 100})
    run.publish(folder, options)
    parts = sorted((folder / "pages").glob("*.parquet"))
    assert len(parts) > 4
    assert max(path.stat().st_size for path in parts) < 1_010_000
    assert len(load(folder, "pages", tmp_path / "cache")) == 8
    before = files(folder)
    run.publish(folder, options)
    assert files(folder) == before
    parts[1].unlink()  # a part is lost: the volume is made again
    run.publish(folder, options)
    assert {n: h for n, (h, _) in files(folder).items()} == {n: h for n, (h, _) in before.items()}


@pytest.mark.parametrize("images", list(PublishImages))
def test_images_by_option(tmp_path: Path, images: PublishImages) -> None:
    run, folder = Finished(), tmp_path / "published"
    run.publish(folder, OPTIONS.model_copy(update={"images": images, "mask": ()}))
    pages, regions = (load(folder, name, tmp_path / "cache") for name in ("pages", "regions"))
    assert ("image" in pages.column_names) == (images is PublishImages.PAGES)
    assert ("image" in regions.column_names) == (images is PublishImages.CROPS)
    assert run.folders["pages"].images == (0 if images is PublishImages.NONE else 8)
    if images is PublishImages.CROPS:
        assert {image.size for image in regions["image"]} == {(50, 40), (60, 15)}


def test_personal_data_is_masked_wherever_it_stands(published: Path, tmp_path: Path) -> None:
    for path in published.rglob("*.parquet"):
        said = repr(pq.read_table(path).to_pylist())
        assert not any(secret in said for secret in SECRETS), path
    assert not any(secret in (published / "README.md").read_text() for secret in SECRETS)
    pages, regions = (load(published, name, tmp_path) for name in ("pages", "regions"))
    assert pages["personal_data"][:] == [0, 2, 0, 0, 0, 0, 0, 0]
    assert [image is None for image in pages["image"]] == [False, True] + [False] * 6
    assert [word["text"] for word in regions[2]["words"]] == ["강", "******-", "*******"]
    assert regions[2]["text"] == "강은 흐른다 ******- ******* 문의 ****@*******.**"
    rows = {row["kind"]: row for row in find_personal_data(published, OPTIONS)}
    assert rows["resident_number"] == {"kind": "resident_number", "count": 1, "pages": 1, "masked": True}
    assert rows["email"]["count"] == 1
    assert rows["card_number"]["count"] == 0


def test_crops_of_regions_with_personal_data_are_withheld(tmp_path: Path) -> None:
    Finished().publish(tmp_path / "p", OPTIONS.model_copy(update={"images": PublishImages.CROPS}))
    regions = load(tmp_path / "p", "regions", tmp_path / "cache")
    assert [row["region_id"] for row in regions if row["image"] is None] == ["a_00002#0"]


def test_what_is_not_masked_stays_and_is_counted(tmp_path: Path) -> None:
    options = OPTIONS.model_copy(update={"mask": (PersonalData.EMAIL,)})
    Finished().publish(tmp_path / "p", options)
    text = load(tmp_path / "p", "transcripts", tmp_path / "cache")["text"][1]
    assert "1234560" in text
    assert ADDRESS not in text
    assert Counter(row["masked"] for row in find_personal_data(tmp_path / "p", options)) == {False: 4, True: 1}


def test_the_card_says_what_the_run_knows(published: Path) -> None:
    head, body = card_of(published)
    assert head["license"] == "cc-by-4.0"
    assert head["language"] == ["ko", "en"]
    assert head["size_categories"] == ["n<1K"]
    assert [entry["config_name"] for entry in head["configs"]] == NAMES
    for line in (
        "# Rivers",
        "8 pages of 4 documents",
        "| documents that could not be read | 1 |",
        "| pages: failed | 1 |",
        "| regions: text | 8 |",
        "| images withheld for personal data | 1 |",
        "| CER | gold | 2 | 12.50% (10.00% to 20.00%) |",
        "| ingest | broken: no PDF | 1 |",
        "| recognition | timeout: ask again \\| later | 1 |",
        '| regions | regions model | rev7 | `{"dpi": 200}` |',
        "| resident number | 1 | 1 | yes |",
        "Of the documents: CC0 1.0",
        "not a git checkout",
        'load_dataset("path/to/this/folder", "pages", split="train")',
    ):
        assert line in body
    assert "/home/me" not in body


def test_the_cards_own_example_runs(published: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    _, body = card_of(published)
    code = body.split("```python\n")[1].split("```")[0]
    exec(code.replace("path/to/this/folder", str(published)))
    assert capsys.readouterr().out.startswith("ko/a.pdf 1 강은 흐른다")


def test_the_figures_of_a_dataset(published: Path) -> None:
    measured = measure_dataset(published, OPTIONS)
    assert measured["rows.regions"] == 16
    assert measured["files"] == len(files(published))
    assert measured["bytes"] == sum(path.stat().st_size for path in published.rglob("*") if path.is_file())


def test_a_corpus_without_questions_and_scores_has_no_such_configuration(tmp_path: Path) -> None:
    run = Finished()
    tables = replace(run.tables(), queries=[], qrels=[], scores=[], references=[], rates=[], query_vectors=[])
    write_dataset(tmp_path / "p", corpus=run.corpus(), tables=tables, options=OPTIONS, project=tmp_path)
    head, body = card_of(tmp_path / "p")
    assert [entry["config_name"] for entry in head["configs"]] == NAMES[:4]
    assert "Not measured" in body
    assert len(load(tmp_path / "p", "embeddings", tmp_path / "cache")) == 8


def test_nothing_to_publish(tmp_path: Path) -> None:
    run = Finished()
    for shards in run.folders.values():
        shards.shards.clear()
    with pytest.raises(PublishError, match="nothing to publish yet"):
        run.publish(tmp_path / "p")
