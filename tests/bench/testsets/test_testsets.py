"""Test sets are read in the form in which they are published."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from ocr_project.bench.testsets import (
    NAMES,
    Item,
    OpenedSet,
    card_of,
    open_test_set,
    open_test_sets,
    page_id,
    select,
    truths_of,
)
from ocr_project.bench.testsets.dp_bench.reader import whole_tables
from ocr_project.bench.testsets.teds_test import reader as teds_test_module
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.types import Label, TruthKind
from tests import testset_files as files


def opened(name: str, folder: Path) -> OpenedSet:
    files.WRITERS[name](folder / name)
    return open_test_set(name, TestsetsOptions(folder=folder))


def every(one: OpenedSet, *, images: bool = True) -> list[Item]:
    return one.read(range(len(one)), images=images)


def known(item: Item) -> tuple[TruthKind, dict[str, Any]]:
    ((kind, payload),) = item.truths
    return kind, dict(payload)


def is_there(image: object) -> bool:
    return bool(image) if isinstance(image, bytes) else isinstance(image, Path) and image.is_file()


@pytest.mark.parametrize("name", files.WRITERS)
def test_every_item_has_an_image_a_truth_and_an_id_of_its_own(name: str, tmp_path: Path) -> None:
    one = opened(name, tmp_path)
    items = every(one)
    assert [item.index for item in items] == list(range(len(one)))
    assert all(is_there(item.image) for item in items)
    rows = [truth for item in items for truth in truths_of(name, item)]
    assert {row.page_id for row in rows} == {page_id(name, item) for item in items}
    assert len({row.page_id for row in rows}) == len(items)
    assert all(json.loads(row.payload) and row.test_set == name for row in rows)


@pytest.mark.parametrize("name", files.WRITERS)
def test_truths_are_the_same_without_images(name: str, tmp_path: Path) -> None:
    one = opened(name, tmp_path)
    bare = every(one, images=False)
    assert all(item.image is None for item in bare)
    rows = [truths_of(name, item) for item in every(one)]
    assert [truths_of(name, item) for item in bare] == rows


@pytest.mark.parametrize("name", files.WRITERS)
def test_the_fingerprint_is_stable_and_follows_the_files(name: str, tmp_path: Path) -> None:
    first = opened(name, tmp_path / "a").fingerprint
    assert opened(name, tmp_path / "b").fingerprint == first
    described = [path for path in (tmp_path / "b").rglob("*") if path.suffix in (".json", ".jsonl", ".txt")]
    for path in described:
        path.write_text(path.read_text() + "\n")
    assert (open_test_set(name, TestsetsOptions(folder=tmp_path / "b")).fingerprint != first) == bool(described)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_that_is_missing_says_how_to_get_it_and_under_which_terms(name: str, tmp_path: Path) -> None:
    card = card_of(name)
    assert card.name == name
    assert card.metrics
    with pytest.raises(SourceError) as caught:
        open_test_set(name, TestsetsOptions(folder=tmp_path))
    assert card.title in str(caught.value)
    if card.hub is not None:
        assert card.hub.repo in str(caught.value)
        assert "testsets.download=true" in str(caught.value)
        assert card.licence in str(caught.value)
    else:
        assert card.how in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_pinned_revision_is_a_whole_commit() -> None:
    pinned = [hub.revision for name in NAMES if (hub := card_of(name).hub) and hub.revision]
    assert pinned
    assert all(len(revision) == 40 and int(revision, 16) for revision in pinned)


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"ocrbench_v3.*ocrbench_v2.*the path of a folder"):
        open_test_set("ocrbench_v3", TestsetsOptions(folder=tmp_path))


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        files.own_folder(tmp_path / parent / "mine")
    options = TestsetsOptions(sets=f"{tmp_path}/a/mine+{tmp_path}/b/mine")
    with pytest.raises(OptionError, match="mine more than once"):
        open_test_sets(options)


def test_names_are_joined_by_plus_or_listed() -> None:
    assert TestsetsOptions(sets="cord+sroie").sets == TestsetsOptions(sets=["cord", "sroie"]).sets == ("cord", "sroie")


def test_the_licence_is_shown_before_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: dict[str, Any] = {}

    def download(repo: str, **arguments: Any) -> None:
        asked.update(arguments, repo=repo, shown=list(caplog.messages))
        files.pubtabnet(Path(arguments["local_dir"]))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    options = TestsetsOptions(folder=tmp_path, download=True)
    with caplog.at_level(logging.WARNING):
        assert len(open_test_set("pubtabnet", options)) == 3
    card = card_of("pubtabnet")
    assert card.hub is not None
    assert (asked["repo"], asked["revision"]) == (card.hub.repo, card.hub.revision)
    assert asked["allow_patterns"] == list(card.hub.files)
    assert any(card.licence in message for message in asked["shown"])
    assert (tmp_path / "pubtabnet/revision.txt").read_text() == f"{card.hub.repo}@{card.hub.revision}\n"
    asked.clear()
    assert len(open_test_set("pubtabnet", options)) == 3
    assert not asked, "what is there is not downloaded again"


def test_what_is_not_for_commercial_use_says_so_loudly() -> None:
    assert "NOT FOR COMMERCIAL USE" in card_of("iam_lines").terms
    assert "NOT FOR COMMERCIAL USE" not in card_of("cord").terms


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(repo: str, **arguments: Any) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(SourceError, match=r"no route.*network"):
        open_test_set("pubtabnet", TestsetsOptions(folder=tmp_path, download=True))


def test_omnidocbench_keeps_the_annotation_and_slices_by_attributes(tmp_path: Path) -> None:
    first, second = every(opened("omnidocbench_v1_5", tmp_path))
    kind, payload = known(first)
    assert kind is TruthKind.ELEMENTS
    assert payload["layout_dets"][0]["text"] == "page 1"
    assert set(payload) == {"layout_dets", "extra", "page_info"}
    assert ("special_issue", "fuzzy_scan") in first.slices
    assert ("language", "english") in first.slices
    assert first.document == second.document == "book"
    assert (first.given, first.question) == (None, "")


def test_ocrbench_asks_only_what_reading_does_not_answer(tmp_path: Path) -> None:
    word, formula, scene = every(opened("ocrbench", tmp_path))
    assert [(item.given, item.question) for item in (word, formula, scene)] == [
        (Label.TEXT, ""),
        (Label.FORMULA, ""),
        (None, "What does the sign say?"),
    ]
    assert known(scene)[1] == {"answers": ["stop", "stop sign"], "dataset": "ST-VQA"}
    assert known(formula)[1]["dataset"] == "HME100k"


def test_ocrbench_is_read_from_its_json_and_from_a_tsv_too(tmp_path: Path) -> None:
    import base64

    (tmp_path / "json/ocrbench/OCRBench_Images").mkdir(parents=True)
    (tmp_path / "json/ocrbench/OCRBench_Images/1.png").write_bytes(files.drawn("a"))
    entry = {
        "dataset_name": "ST-VQA",
        "id": 0,
        "question": "What?",
        "answers": "stop",
        "type": "Scene Text-centric VQA",
        "image_path": "1.png",
    }
    (tmp_path / "json/ocrbench/OCRBench.json").write_text(json.dumps([entry]))
    (tmp_path / "tsv/ocrbench").mkdir(parents=True)
    picture = base64.b64encode(files.drawn("a")).decode()
    head = "index\timage\tquestion\tanswer\tcategory"
    line = f"0\t{picture}\tWhat?\t['stop']\tScene Text-centric VQA"
    (tmp_path / "tsv/ocrbench/OCRBench.tsv").write_text(f"{head}\n{line}\n")
    for form in ("json", "tsv"):
        (item,) = every(open_test_set("ocrbench", TestsetsOptions(folder=tmp_path / form)))
        assert is_there(item.image)
        assert item.question == "What?"
        assert known(item)[1]["answers"] == ["stop"]


def test_ocrbench_v2_reads_what_can_be_read_and_asks_the_rest(tmp_path: Path) -> None:
    items = every(opened("ocrbench_v2", tmp_path))
    assert [item.given for item in items] == [Label.TEXT, Label.TABLE, Label.PAGE, None, None, None]
    assert [[kind for kind, _ in item.truths][:-1] for item in items[:3]] == [[], [TruthKind.TABLE], [TruthKind.TEXT]]
    assert {item.truths[-1][0] for item in items} == {TruthKind.ANSWERS}
    assert [bool(item.question) for item in items] == [False, False, False, True, True, True]
    assert known(items[4]) == (
        TruthKind.ANSWERS,
        {
            "answers": ["B"],
            "type": "math QA en",
            "eval": "multiple choice",
            "question": "A, B or C?",
        },
    )
    assert known(items[3])[1]["bbox"] == [1, 2, 30, 40]
    assert dict(items[4].slices)["English group"] == "mathematical calculation"
    assert dict(items[2].slices)["Chinese group"] == "text recognition"


def test_unimer_is_the_same_zipped_and_unpacked(tmp_path: Path) -> None:
    import zipfile

    zipped = every(opened("unimer_test", tmp_path))
    with zipfile.ZipFile(tmp_path / "unimer_test/UniMER-Test.zip") as archive:
        archive.extractall(tmp_path / "unpacked/unimer_test")
    unpacked = every(open_test_set("unimer_test", TestsetsOptions(folder=tmp_path / "unpacked")))
    assert [known(item) for item in zipped] == [known(item) for item in unpacked]
    assert [known(item)[1]["latex"] for item in zipped] == ["x ^ { 2 }", "\\alpha", "a + b"]
    assert [dict(item.slices)["subset"] for item in zipped] == ["spe", "spe", "hwe"]
    for one, other in zip(zipped, unpacked, strict=True):
        assert isinstance(other.image, Path)
        assert one.image == other.image.read_bytes()


def test_pubtabnets_tokens_become_a_table(tmp_path: Path) -> None:
    files.pubtabnet_lines(tmp_path / "pubtabnet")
    (item,) = every(open_test_set("pubtabnet", TestsetsOptions(folder=tmp_path)))
    kind, payload = known(item)
    assert kind is TruthKind.TABLE
    assert payload["html"] == (
        '<html><body><table><thead><tr><td colspan="2"><b>A</b></td></tr></thead></table></body></html>'
    )
    assert item.slices == (("structure", "complex"),)
    assert item.given is Label.TABLE


def test_pubtabnet_is_read_from_the_file_of_its_evaluation(tmp_path: Path) -> None:
    root = tmp_path / "pubtabnet"
    (root / "images").mkdir(parents=True)
    (root / "images/PMC1.png").write_bytes(files.drawn("t"))
    (root / "sample_gt.json").write_text(json.dumps({"PMC1.png": {"html": files.HTML, "type": "simple"}}))
    (item,) = every(open_test_set("pubtabnet", TestsetsOptions(folder=tmp_path)))
    assert is_there(item.image)
    assert known(item)[1]["html"] == files.HTML


def test_teds_test_is_the_rest_of_pubtabnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teds_test_module, "_FIRST", 2)
    files.pubtabnet(tmp_path / "teds_test")
    one = open_test_set("teds_test", TestsetsOptions(folder=tmp_path))
    assert [(item.index, item.document) for item in every(one)] == [(0, "1")]
    assert one.card.name == "teds_test"


def test_forms_are_asked_for_by_name_and_not_by_value(tmp_path: Path) -> None:
    (nanonets,) = every(opened("nanonets_kie", tmp_path))
    assert known(nanonets)[1]["fields"] == {
        "date": "10/03/2018",
        "seller_name": "GERBANG",
        "total_amount": "8.50",
        "total_tax": "",
    }
    form = json.loads(nanonets.question[nanonets.question.index("{") :])
    assert form == dict.fromkeys(known(nanonets)[1]["fields"], "")
    assert "8.50" not in nanonets.question
    (receipt,) = every(opened("cord", tmp_path))
    assert json.loads(receipt.question[receipt.question.index("{") :]) == {"menu": [{"nm": "", "price": ""}]}


def test_handwritten_forms_leave_out_what_is_wrongly_annotated(tmp_path: Path) -> None:
    (item,) = every(opened("handwritten_kie", tmp_path))
    assert known(item)[1]["fields"] == {
        "State file #": "43",
        "place_of_death_county": "Kerr",
        "name_of_deceased": "J. Doe",
        "deceased_gender": "male",
        "deceased_age": "43",
        "father_name": "A. Doe",
    }


def test_dp_bench_becomes_markdown_without_pictures(tmp_path: Path) -> None:
    (item,) = every(opened("dp_bench", tmp_path))
    table = "<table><tr><td>a</td><td>b</td></tr></table>"
    markdown = {"markdown": f"# Rome\n\n{table}\n\nVeni", "tables": table, "texts": ["Rome", "Veni"]}
    assert known(item) == (TruthKind.MARKDOWN, markdown)


@pytest.mark.parametrize(
    ("html", "whole"),
    [
        ("<tr><td>a</td></tr>", "<table><tr><td>a</td></tr></table>"),
        ('<table border="1"><tr></tr></table>x<table></table>', "<table><tr></tr></table><table></table>"),
        ("<table><tr><td>never closed", "<table><table><tr><td>never closed</table>"),
    ],
)
def test_dp_benchs_tables_are_made_whole_as_its_own_program_does(html: str, whole: str) -> None:
    assert whole_tables(html) == whole


@pytest.mark.parametrize("form", [files.docvqa, files.docvqa_challenge])
def test_docvqas_questions_about_one_document_are_not_independent(form: Any, tmp_path: Path) -> None:
    form(tmp_path / "docvqa")
    items = every(open_test_set("docvqa", TestsetsOptions(folder=tmp_path)))
    assert len({item.document for item in items}) == 1
    assert all(item.question.endswith("Answer the question using a single word or phrase.") for item in items)
    assert all(known(item)[0] is TruthKind.ANSWERS for item in items)


def test_a_receipt_of_sroie_is_read_and_asked(tmp_path: Path) -> None:
    read, asked = every(opened("sroie", tmp_path))
    lines = {"text": "TAN WOON, YANN\nBOOK", "rows": "TAN WOON, YANN BOOK"}
    assert known(read) == (TruthKind.TEXT, lines)
    assert known(asked) == (TruthKind.FIELDS, {"fields": {"company": "BOOK TA .K", "total": "9.00"}})
    assert (bool(read.question), bool(asked.question)) == (False, True)
    assert read.document == asked.document


def test_all_tests_of_a_page_are_one_item(tmp_path: Path) -> None:
    one, two = every(opened("olmocr_bench", tmp_path))
    assert (one.page, two.page) == (1, 2)
    assert [test["id"] for test in known(two)[1]["tests"]] == ["1_a", "1_b"]
    tests = known(one)[1]["tests"]
    assert [test["type"] for test in tests] == ["present", "baseline"], "the authors' own test of every PDF"
    assert [test["category"] for test in tests] == ["old_scans", "baseline"]
    assert one.slices == (("category", "old_scans"),)
    assert one.document == two.document


def test_kdocs_list_of_categories_is_no_test(tmp_path: Path) -> None:
    (item,) = every(opened("kdoc_ocrbench_v2", tmp_path))
    assert Counter(test["category"] for test in known(item)[1]["tests"]) == {
        "text_present": 1,
        "header_footer_tests": 1,
        "baseline": 1,
    }
    assert ("document", "Notices") in item.slices


def test_a_folder_of_ones_own_names_what_it_cannot_read(tmp_path: Path) -> None:
    files.own_folder(tmp_path / "mine")
    (tmp_path / "mine/page.gt.txt").write_bytes("가나".encode("cp949"))
    with pytest.raises(SourceError, match=r"page\.gt\.txt is not UTF-8"):
        every(open_test_set(f"{tmp_path}/mine", TestsetsOptions()))
    (tmp_path / "mine/forms/a.key.json").write_bytes('{"이름": "가"}'.encode("cp949"))
    with pytest.raises(SourceError, match=r"a\.key\.json is not UTF-8"):
        every(open_test_set(f"{tmp_path}/mine", TestsetsOptions()))


@pytest.mark.parametrize("name", ["page.gt.txt", "page.png"])
def test_a_folder_of_ones_own_has_nothing_through_links_out_of_it(name: str, tmp_path: Path) -> None:
    files.own_folder(tmp_path / "mine")
    (tmp_path / "mine" / name).rename(tmp_path / name)
    (tmp_path / "mine" / name).symlink_to(tmp_path / name)
    with pytest.raises(SourceError, match=f"{name} is a symbolic link that leads out of"):
        open_test_set(f"{tmp_path}/mine", TestsetsOptions())


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    files.own_folder(tmp_path / "mine")
    one = open_test_set(f"{tmp_path}/mine", TestsetsOptions())
    items = every(one)
    assert one.card.name == "mine"
    assert all(is_there(item.image) for item in items)
    found = {(item.truths[0][0], item.given, item.question[:3]) for item in items}
    assert found == {
        (TruthKind.ANSWERS, None, "Q1?"),
        (TruthKind.ANSWERS, None, "Q2?"),
        (TruthKind.FIELDS, None, "Wri"),
        (TruthKind.FORMULA, Label.FORMULA, ""),
        (TruthKind.TEXT, None, ""),
        (TruthKind.MARKDOWN, None, ""),
        (TruthKind.TABLE, Label.TABLE, ""),
    }
    forms = [known(item)[1]["fields"] for item in items if item.truths[0][0] is TruthKind.FIELDS]
    assert forms == [{"total": "8.50"}, {"name": ["A", "B"], "age": "9"}]
    texts = [known(item)[1]["text"] for item in items if item.truths[0][0] is TruthKind.TEXT]
    assert texts == ["RM 8,50", "page\n"]
    assert {item.slices for item in items} == {(), (("folder", "forms"),)}


def test_a_truth_without_an_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "lost.gt.txt").write_text("x")
    with pytest.raises(SourceError, match=r"lost\.gt\.txt has no image beside it"):
        open_test_set(f"{tmp_path}/", TestsetsOptions())


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("cord", "data/test-0.parquet", b"PAR1 not"),
        ("omnidocbench_v1_6", "OmniDocBench.json", b"[{"),
        ("olmocr_bench", "bench_data/a.jsonl", b'{"pdf": '),
        ("unimer_test", "readme.md", b"x"),
        ("sroie", "readme.md", b"x"),
    ],
)
def test_a_damaged_set_is_refused_with_its_file(name: str, file: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=name):
        open_test_set(name, TestsetsOptions(folder=tmp_path))


_TEXT = (".json", ".jsonl", ".tsv", ".txt", ".key", ".csv")


def _all_of(name: str, folder: Path) -> None:
    opened = open_test_set(name, TestsetsOptions(folder=folder))
    for item in opened.read(range(len(opened))):
        truths_of(name, item)


def _complaint(name: str, folder: Path) -> str:
    try:
        _all_of(name, folder)
    except SourceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("damage", ["cp949", "cut", "lists", "zeros"])
@pytest.mark.parametrize("name", sorted(files.WRITERS))
def test_whatever_is_wrong_with_a_file_of_a_set_is_said(name: str, damage: str, tmp_path: Path) -> None:
    """One file after the other in another encoding, cut, of another structure, of zeros: a message, or a reading."""
    files.WRITERS[name](tmp_path / name)
    for path in [file for file in sorted((tmp_path / name).rglob("*")) if file.is_file()]:
        before = path.read_bytes()
        is_text = path.suffix in _TEXT
        path.write_bytes(
            {
                "cp949": before.replace(b"a", "\uac00".encode("cp949")) if is_text else before[::-1],
                "cut": before[: len(before) // 2],
                "lists": b"[1, [2], {}]\n" if is_text else b"PAR1",
                "zeros": bytes(len(before)),
            }[damage]
        )
        said = _complaint(name, tmp_path)
        assert not said or name in said or path.name in said
        path.write_bytes(before)
    _all_of(name, tmp_path)


def test_a_table_of_tabs_in_another_encoding_says_how_to_convert_it(tmp_path: Path) -> None:
    """As the evaluation kit that has OCRBench in this form, saved by a spreadsheet of Korean Windows."""
    rows = "index\timage\tquestion\tanswer\tcategory\n0\t\t\ubb34\uc5c7?\t\uac00\tRegular Text Recognition\n"
    path = tmp_path / "ocrbench" / "OCRBench.tsv"
    path.parent.mkdir()
    path.write_text(rows, encoding="cp949")
    with pytest.raises(SourceError, match=r"OCRBench\.tsv is not UTF-8 .*iconv"):
        open_test_set("ocrbench", TestsetsOptions(folder=tmp_path))
    path.write_text(rows.replace("answer", "reply"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"item 0 of the set ocrbench is not as .*KeyError: 'answer'"):
        _all_of("ocrbench", tmp_path)


class _Numbered:
    """A set of so many items; only its length is looked at."""

    card = card_of("cord")
    fingerprint = "f"

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def read(self, indices: Sequence[int], *, images: bool = True) -> list[Item]:
        raise AssertionError("nothing is to be read")


def taken(count: int, limit: int | None, shard_pages: int = 10) -> list[int]:
    chosen = select([_Numbered(count)], limit=limit, shard_pages=shard_pages).values()
    return [index for one in chosen for index in one.indices]


def test_a_limit_takes_items_from_all_over_and_a_larger_one_keeps_them() -> None:
    few, more = taken(1000, 50), taken(1000, 200)
    assert (len(few), len(more)) == (50, 200)
    assert set(few) < set(more)
    assert few == sorted(few)
    quarters = Counter(index // 250 for index in more)
    assert all(25 < quarters[quarter] < 80 for quarter in range(4))
    assert taken(7, None) == taken(7, 9) == list(range(7))


def test_shards_are_named_by_their_set_and_keyed_by_their_files() -> None:
    one, other = _Numbered(25), _Numbered(25)
    other.fingerprint = "g"
    first, second = (select([s], limit=None, shard_pages=10) for s in (one, other))
    assert list(first) == list(second) == ["cord_000001", "cord_000011", "cord_000021"]
    assert [chosen.info().pages for chosen in first.values()] == [10, 10, 5]
    keys = {chosen.info().key for shards in (first, second) for chosen in shards.values()}
    assert len(keys) == 6
