"""Search by words, and fusion."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from bm25s import BM25

from ocr_project.domain.errors import SourceError, StorageError
from ocr_project.domain.options import LexicalOptions, SearchMode, SearchOptions
from ocr_project.domain.types import ShardInfo, Transcript
from ocr_project.engine.retrieval import (
    LexicalIndex,
    Search,
    fuse,
    fuse_places,
    fuse_scores,
    open_words,
    write_words,
)
from ocr_project.engine.retrieval.tokens import character_ngrams
from ocr_project.testing.fakes import MemoryShards

TEXTS = {
    "p1": "개인정보처리자는 민감정보를 처리하여서는 아니 된다. 민감정보 민감정보",
    "p2": "과징금을 부과할 수 있다.",
    "p3": "",
    "p4": "과징금의 부과 기준과 절차는 대통령령으로 정한다. 과징금 부과",
    "p5": "Sea level rose by 4 mm a year at the oldest gauges.",
    "p6": "법",
}
OPTIONS = LexicalOptions()


def corpus(texts: dict[str, str], key: str = "k") -> MemoryShards:
    rows = [Transcript(page_id, "d", "a.pdf", "", n, text, "") for n, (page_id, text) in enumerate(texts.items(), 1)]
    return MemoryShards({"a": (ShardInfo("a", key, "a", len(rows), items=len(rows)), rows)})


def okapi(texts: Sequence[str], question: str, options: LexicalOptions) -> list[float]:
    """BM25 as Lucene has it, term by term."""
    pages = [character_ngrams(text, options.smallest, options.largest) for text in texts]
    mean = sum(map(len, pages)) / len(pages)
    scores = [0.0] * len(pages)
    for token in character_ngrams(question, options.smallest, options.largest):
        having = sum(token in page for page in pages)
        weight = math.log(1 + (len(pages) - having + 0.5) / (having + 0.5))
        for place, page in enumerate(pages):
            times = Counter(page)[token]
            if times:
                scores[place] += weight * times / (times + options.k1 * (1 - options.b + options.b * len(page) / mean))
    return scores


def test_ngrams_stay_within_words() -> None:
    assert character_ngrams("과징금을 ABC-1", 2, 2) == ["과징", "징금", "금을", "ab", "bc", "1"]
    assert character_ngrams("가나다", 1, 3) == ["가", "나", "다", "가나", "나다", "가나다"]
    assert character_ngrams("법", 2, 3) == ["법"]
    assert character_ngrams("ＡＢ\u1112\u1161\u11ab글", 2, 2) == ["ab", "b한", "한글"]  # NFKC
    assert character_ngrams(" .,①\ud800", 2, 2) == ["1"]


@pytest.mark.parametrize("options", [OPTIONS, LexicalOptions(smallest=1, largest=3, k1=0.9, b=0.4)])
@pytest.mark.parametrize("question", ["민감정보의 처리", "과징금 과징금 부과", "sea LEVEL", "법"])
def test_scores_are_those_of_the_formula(options: LexicalOptions, question: str) -> None:
    index = LexicalIndex.build(TEXTS.items(), options)
    expected = dict(zip(TEXTS, okapi(list(TEXTS.values()), question, options), strict=True))
    found = index.rank(question, 10)
    assert [name for name, _ in found] == sorted((n for n in TEXTS if expected[n]), key=lambda n: -expected[n])
    for name, score in found:
        assert score == pytest.approx(expected[name], rel=1e-5)


def test_equal_pages_come_in_their_order_and_k_is_kept() -> None:
    index = LexicalIndex.build([(f"p{n}", "같은 글") for n in range(9)], OPTIONS)
    assert [name for name, _ in index.rank("같은", 4)] == ["p0", "p1", "p2", "p3"]
    assert len(index.rank("같은", 100)) == 9
    assert index.rank("같은", 0) == []


@pytest.mark.parametrize("question", ["", " ?! ", "없는말"])
def test_a_question_of_nothing_finds_nothing(question: str) -> None:
    assert LexicalIndex.build(TEXTS.items(), OPTIONS).rank(question, 5) == []


@pytest.mark.parametrize("texts", [{}, {"p1": ""}, {"p1": " ", "p2": "..."}])
def test_a_corpus_without_words_is_an_index_too(texts: dict[str, str], tmp_path: Path) -> None:
    write_words(tmp_path / "words", rows=corpus(texts), options=OPTIONS)
    index = open_words(tmp_path / "words", OPTIONS)
    assert list(index.ids) == list(texts)
    assert index.terms == 0
    assert index.rank("과징금", 5) == []


def test_one_at_rest_finds_what_one_in_memory_finds(tmp_path: Path) -> None:
    write_words(tmp_path / "words", rows=corpus(TEXTS), options=OPTIONS)
    index = open_words(tmp_path / "words", OPTIONS)
    built = LexicalIndex.build(TEXTS.items(), OPTIONS)
    for question in ("과징금 부과", "민감정보", "sea"):
        assert index.rank(question, 3) == built.rank(question, 3) != []
    assert [path.name for path in tmp_path.iterdir()] == ["words"]


def test_it_is_made_again_only_when_pages_or_options_change(tmp_path: Path) -> None:
    folder = tmp_path / "words"

    def written(key: str, options: LexicalOptions) -> int:
        write_words(folder, rows=corpus(TEXTS, key), options=options)
        return (folder / "about.json").stat().st_ino

    first = written("k", OPTIONS)
    kept = (folder / "about.json").open()  # so that its number is not given to another file
    assert written("k", OPTIONS) == first
    assert written("other", OPTIONS) != first
    other = LexicalOptions(b=0.5)
    written("other", other)
    assert json.loads((folder / "about.json").read_text())["options"]["b"] == 0.5
    with pytest.raises(SourceError, match=r"other options.*--pipelines retrieval"):
        open_words(folder, OPTIONS)
    kept.close()


def test_a_missing_one_is_answered_with_advice(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="run `kedro run` first"):
        open_words(tmp_path, OPTIONS)


def test_one_that_could_not_be_written_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_words(tmp_path / "words", rows=corpus(TEXTS), options=OPTIONS)

    def full(matrix: BM25, folder: str, **options: object) -> None:
        (Path(folder).parent / "half").write_text("x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BM25, "save", full)
    with pytest.raises(StorageError, match="no space left for"):
        write_words(tmp_path / "words", rows=corpus(TEXTS, "other"), options=OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["words"]
    assert open_words(tmp_path / "words", OPTIONS).rank("과징금", 1)


def test_words_weigh_what_they_know_of_a_question() -> None:
    pages = {"ko": "과징금 부과 기준과 절차", "ru": "порядок оплаты", "ru2": "порядок оплаты"}
    index = LexicalIndex.build(pages.items(), LexicalOptions())
    assert index.weigh("과징금 부과") == 1.0  # all of it on a page, and on no other
    assert 0 < index.weigh("과징금 납부") < 1  # in part
    assert index.weigh("порядок оплаты") == 0.0  # no page stands out
    assert index.weigh("fines") == index.weigh("") == 0.0
    assert LexicalIndex.build([], LexicalOptions()).weigh("과징금") == 0.0


def test_fusion_adds_reciprocal_ranks() -> None:
    found = fuse_places([[("a", 9.0), ("b", 8.0), ("c", 7.0)], [("c", 0.9), ("d", 0.8)]], 10, 60)
    expected = {"c": 1 / 63 + 1 / 61, "a": 1 / 61, "b": 1 / 62, "d": 1 / 62}
    assert [name for name, _ in found] == ["c", "a", "b", "d"]
    assert dict(found) == pytest.approx(expected)
    assert fuse_places([[("a", 9.0)], [("b", 9.0)]], 1, 60) == [("a", 1 / 61)]
    assert fuse_places([[], []], 5, 60) == fuse_places([], 5, 60) == []


def test_fusion_adds_scores_that_are_made_comparable() -> None:
    rankings = [[("a", 9.0), ("b", 8.0), ("c", 5.0)], [("c", 0.9), ("d", 0.85), ("b", 0.8)]]
    found = fuse_scores(rankings, 10, (1, 1))
    assert [name for name, _ in found] == ["a", "c", "b", "d"]  # equal ones: the first ranking first
    assert dict(found) == pytest.approx({"a": 1.0, "c": 1.0, "b": 0.75, "d": 0.5})
    assert fuse_scores([[("a", 3.0)], [("b", 0.1)]], 5, (1, 1)) == [("a", 1.0), ("b", 1.0)]
    assert fuse_scores([[], []], 5, (1, 1)) == fuse_scores([], 5, ()) == []
    assert fuse_scores(rankings, 10, (1, 0.25))[:2] == [("a", 1.0), ("b", 0.75)]


def test_an_option_says_what_fusion_adds_up() -> None:
    rankings = [[("a", 9.0), ("b", 8.9), ("c", 1.0)], [("c", 1.0), ("b", 0.5), ("d", 0.0)]]
    by_scores = fuse(rankings, 10, SearchOptions(fusion="scores"), (1, 1))  # type: ignore[arg-type]
    by_places = fuse(rankings, 10, SearchOptions(fusion="places"), (1, 1))  # type: ignore[arg-type]
    assert by_scores == fuse_scores(rankings, 10, (1, 1))
    assert by_places == fuse_places(rankings, 10, SearchOptions().rrf_constant)
    assert by_scores[0][0] == "b" != by_places[0][0]


def test_all_searches_side_by_side() -> None:
    vectors = np.eye(6, dtype=np.float32)
    search = Search(list(TEXTS), vectors, LexicalIndex.build(TEXTS.items(), OPTIONS), SearchOptions(depth=2))
    questions = np.stack([vectors[4], np.zeros(6, np.float32)])
    first, second = search.rank_each(["과징금 부과", ""], questions)
    assert {mode: [name for name, _ in ranking] for mode, ranking in first.items()} == {
        SearchMode.DENSE: ["p5", "p1"],
        SearchMode.LEXICAL: ["p4", "p2"],
        SearchMode.FUSION: ["p5", "p4"],
    }
    assert [*second.values()] == [[], [], []]
