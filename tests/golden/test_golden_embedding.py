"""Vectors of the hashing embedder as they were made on x86-64: another machine must make the same.

A change on purpose raises `VERSION` in `engine/embedding/hashing.py` too, or old and new
vectors mix in one corpus.
"""

import numpy as np
import pytest

from ocr_project.domain.options import EmbeddingOptions, HashingOptions
from ocr_project.engine.embedding import build_embedder

# fmt: off
GOLDEN = {
    "개인정보 보호법 제1조(목적)": [
        0.0, 0.0, 0.0, 0.3762681, -0.5644022, 0.0, -0.188134, -0.188134,
        0.188134, -0.188134, 0.0, 0.188134, 0.188134, 0.188134, -0.188134, 0.5066727,
    ],
    "The quick, the brown": [
        0.3857377, -0.5289671, -0.1432294, 0.0, -0.1432294, 0.0, -0.099279, -0.1432294,
        -0.2425084, -0.1432294, 0.3857377, 0.1432294, -0.3857377, 0.1432294, -0.2864587, 0.0,
    ],
    "Указ Президента": [
        -0.0477059, 0.0, 0.1554685, 0.0, 0.0, 0.310937, 0.1554685, 0.1554685,
        -0.7296365, 0.310937, 0.4186995, 0.0, 0.0, 0.0, -0.1554685, 0.0,
    ],
}
# fmt: on


@pytest.mark.parametrize("text", GOLDEN)
def test_vectors_do_not_change(text: str) -> None:
    embedder = build_embedder(EmbeddingOptions(hashing=HashingOptions(dimensions=16, smallest=1, largest=3)))
    assert embedder.identity.revision == "1"
    assert embedder.embed_texts([text])[0] == pytest.approx(np.array(GOLDEN[text], np.float32), abs=1e-6)
