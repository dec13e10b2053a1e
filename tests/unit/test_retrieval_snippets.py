"""Exact search and snippets."""

from pathlib import Path

import numpy as np
import pytest

from ocr_project.engine import search
from ocr_project.engine.search import snippet, top_k


def unit(generator: np.random.Generator, count: int, size: int) -> np.ndarray:
    vectors = generator.standard_normal((count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 5, 50, 99, 100, 1_000])
def test_finds_what_a_full_sort_finds(k: int) -> None:
    generator = np.random.default_rng(0)
    vectors, query = unit(generator, 100, 33), unit(generator, 1, 33)[0]
    indices, scores = top_k(vectors, query, k)
    exact = vectors.astype(np.float64) @ query.astype(np.float64)
    assert indices.tolist() == np.argsort(-exact, kind="stable")[:k].tolist()
    assert scores == pytest.approx(exact[indices], abs=1e-5)
    assert (indices.dtype, scores.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("size", [7, 64, 1_000])
def test_equal_vectors_come_in_order_of_index(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_CHUNK_CELLS", 37 * size)
    generator = np.random.default_rng(1)
    query = unit(generator, 1, size)[0]
    vectors = np.repeat(unit(generator, 3, size), 101, axis=0)[generator.permutation(303)]
    indices, scores = top_k(vectors, query, 150)
    assert len(set(scores.tolist())) == 2
    for score in set(scores.tolist()):
        assert (np.diff(indices[scores == score]) > 0).all()
    first = np.flatnonzero((vectors == vectors[indices[0]]).all(axis=1))
    assert indices[: len(first)].tolist() == first.tolist()


def test_memory_mapped_vectors_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(2)
    vectors, query = unit(generator, 250, 16), unit(generator, 1, 16)[0]
    np.save(tmp_path / "vectors.npy", vectors)
    whole = top_k(vectors, query, 7)
    monkeypatch.setattr(search, "_CHUNK_CELLS", 16 * 33)
    mapped = top_k(np.load(tmp_path / "vectors.npy", mmap_mode="r"), query, 7)
    assert (whole[0] == mapped[0]).all()
    assert (whole[1] == mapped[1]).all()


def test_zero_query_empty_corpus_and_zero_k() -> None:
    assert top_k(np.eye(5, dtype=np.float32), np.zeros(5, np.float32), 3)[0].tolist() == [0, 1, 2]
    assert top_k(np.zeros((0, 5), np.float32), np.zeros(5, np.float32), 3)[0].tolist() == []
    assert top_k(np.eye(5, dtype=np.float32), np.ones(5, np.float32), 0)[0].tolist() == []


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(5, 5\) cannot be searched by a query of shape \(4,\)"):
        top_k(np.eye(5, dtype=np.float32), np.ones(4, np.float32), 1)
    with pytest.raises(ValueError, match="ask for 0 or more"):
        top_k(np.eye(5, dtype=np.float32), np.ones(5, np.float32), -1)


FILLER = "이 문단은 찾는 말과 아무 상관이 없는 글로 채워져 있습니다. " * 12


def test_snippet_shows_the_match() -> None:
    text = FILLER + "\n개인정보처리자는\n민감정보를 처리하여서는 아니 된다.\n" + FILLER
    found = snippet(text, "민감정보의 처리", 80)
    assert "민감정보를 처리하여서는" in found
    assert len(found) <= 80
    assert "\n" not in found
    assert found.startswith("…")
    assert found.endswith("…")


def test_snippet_is_cut_at_the_borders_of_words() -> None:
    text = FILLER + "과징금을 부과할 수 있다. " + FILLER
    words = set(text.split())
    assert set(snippet(text, "과징금 부과", 60).strip("…").split()) <= words


def test_snippet_at_the_ends_of_a_text() -> None:
    assert snippet("과징금 부과 기준 " + FILLER, "과징금 부과", 40).startswith("과징금 부과 기준")
    assert snippet(FILLER + "과징금 부과 기준", "과징금 부과", 40).endswith("과징금 부과 기준")


def test_snippet_prefers_many_words_to_one_repeated() -> None:
    text = "정보 정보 정보 정보 정보 정보 " + FILLER + "신용정보 제공 동의 " + FILLER
    assert "신용정보 제공 동의" in snippet(text, "신용정보 제공 동의", 60)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("", "질문", ""),
        ("짧은\n글", "질문", "짧은 글"),
        ("가나다라마바사아자차", "없음", "가나다…"),
        ("가나다", "가", "가나다"),
    ],
)
def test_snippet_of_short_text(text: str, query: str, expected: str) -> None:
    assert snippet(text, query, 5) == expected


@pytest.mark.parametrize("width", [0, 1, 2, 3, 10, 79])
@pytest.mark.parametrize("query", ["", "İ", "질문", "상관이 없는", "\ud800"])
def test_snippet_keeps_to_its_width(width: int, query: str) -> None:
    assert len(snippet("İstanbul " + FILLER, query, width)) <= width
