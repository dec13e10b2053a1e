"""Exact search over vectors."""

from pathlib import Path

import numpy as np
import pytest

from ocr_project.engine.retrieval import dense, rank_by_vectors, top_k, top_k_each


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
    monkeypatch.setattr(dense, "_BLOCK_CELLS", 37 * size)
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
    monkeypatch.setattr(dense, "_BLOCK_CELLS", 16 * 33)
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
    with pytest.raises(ValueError, match=r"queries of shape \(2, 4\)"):
        list(top_k_each(np.eye(5, dtype=np.float32), np.ones((2, 4), np.float32), 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("k", [0, 1, 10, 400])
def test_many_questions_at_once_find_what_one_at_a_time_finds(
    dtype: type, k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "_BLOCK_CELLS", 48 * 33)
    monkeypatch.setattr(dense, "_QUERIES_AT_ONCE", 4)
    generator = np.random.default_rng(3)
    vectors = np.repeat(unit(generator, 100, 48), 3, axis=0)[generator.permutation(300)].astype(dtype)
    vectors[17] = vectors[200] = 0
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    queries = np.concatenate([unit(generator, 10, 48), np.asarray(vectors[:1], np.float32)])
    found = list(top_k_each(mapped, queries, k))
    assert len(found) == len(queries)
    for query, (indices, scores) in zip(queries, found, strict=True):
        expected = top_k(mapped, query, k)
        assert indices.tolist() == expected[0].tolist()
        assert scores.tolist() == expected[1].tolist()


def test_rounding_of_the_matrix_product_loses_no_vector() -> None:
    """Vectors that differ by less than a product's rounding are ordered by the careful sums."""
    generator = np.random.default_rng(4)
    query = unit(generator, 1, 512)
    near = np.repeat(query, 50, axis=0) + generator.standard_normal((50, 512)).astype(np.float32) * 1e-5
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    vectors = np.concatenate([unit(generator, 50, 512), near.astype(np.float32)])
    queries = np.repeat(query, 5, axis=0)
    indices, scores = list(top_k_each(vectors, queries, 7))[4]
    assert indices.tolist() == top_k(vectors, query[0], 7)[0].tolist()
    assert (np.diff(scores) <= 0).all()


def test_a_question_of_nothing_and_a_corpus_of_nothing_find_nothing() -> None:
    vectors, queries = np.eye(3, dtype=np.float32), np.array([[0, 0, 0], [0, 1, 0]], np.float32)
    assert list(rank_by_vectors("abc", vectors, queries, 2)) == [[], [("b", 1.0), ("a", 0.0)]]
    assert list(rank_by_vectors([], np.zeros((0, 0), np.float32), queries, 2)) == [[], []]
    assert list(rank_by_vectors("abc", vectors, np.zeros((0, 3), np.float32), 2)) == []
