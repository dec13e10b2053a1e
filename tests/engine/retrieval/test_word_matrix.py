"""The matrix that is made in blocks is the one that bm25s makes at once, number by number."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from bm25s import BM25

from ocr_project.domain.options import LexicalOptions
from ocr_project.engine.retrieval.word_matrix import BLOCK, write_matrix

ARRAYS = ("data", "indices", "indptr")


def pages(count: int, seed: int) -> list[list[str]]:
    """Return pages of drawn words, some often, one page of none and one of a single word many times."""
    drawn = random.Random(seed)
    words = [f"w{number}" for number in range(60)]
    weights = [1 / (place + 1) for place in range(60)]
    made = [drawn.choices(words, weights, k=drawn.randrange(1, 40)) for _ in range(count)]
    made[count // 2] = []
    made[count // 3] = ["w0"] * 300
    return made


def reference(tokens: list[list[str]], options: LexicalOptions) -> BM25:
    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(token, len(vocabulary)) for token in page] for page in tokens]
    matrix = BM25(k1=options.k1, b=options.b, method="lucene")
    matrix.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    return matrix


@pytest.mark.parametrize("options", [LexicalOptions(), LexicalOptions(k1=0.9, b=0.4), LexicalOptions(b=0.0)])
@pytest.mark.parametrize("block", [1, 7, 200, BLOCK])
def test_it_is_what_bm25s_makes(block: int, options: LexicalOptions, tmp_path: Path) -> None:
    tokens = pages(50, seed=block)
    terms = write_matrix(tmp_path / "bm25", iter(tokens), options, block=block)
    made, expected = BM25.load(str(tmp_path / "bm25"), mmap=True), reference(tokens, options)
    assert terms == len(expected.vocab_dict)
    assert made.vocab_dict == expected.vocab_dict
    for name in ARRAYS:
        np.testing.assert_array_equal(made.scores[name], expected.scores[name])
    assert made.scores["num_docs"] == len(tokens)
    assert (made.k1, made.b, made.method) == (options.k1, options.b, "lucene")
    assert [path.name for path in tmp_path.iterdir()] == ["bm25"]


def test_without_words_there_is_no_matrix(tmp_path: Path) -> None:
    assert write_matrix(tmp_path / "bm25", [[], []], LexicalOptions()) == 0
    assert list(tmp_path.iterdir()) == []
