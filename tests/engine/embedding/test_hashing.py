"""What the hashing embedder makes equal, near and far."""

import unicodedata

import numpy as np
import pytest
from pydantic import ValidationError

from ocr_project.domain.options import EmbeddingOptions, HashingOptions
from ocr_project.engine.embedding import build_embedder

LAW = "제15조(개인정보의 수집ㆍ이용) ① 개인정보처리자는 다음 각 호의 경우에는 개인정보를 수집할 수 있다."


def embed(*texts: str, **options: int) -> np.ndarray:
    return build_embedder(EmbeddingOptions(hashing=HashingOptions(**options))).embed_texts(texts)


def test_form_of_the_text_does_not_matter() -> None:
    same = embed(
        "개인정보 보호법 ABC",
        unicodedata.normalize("NFD", "개인정보\n\n 보호법\u3000ａｂｃ"),
        "「개인정보」 보호법, abc.",
    )
    assert (same[0] == same[1]).all()
    assert (same[0] == same[2]).all()


def test_related_text_is_nearer_than_unrelated_text() -> None:
    query, related, unrelated = embed(
        "개인정보를 수집하는 경우는?", LAW, "폐기물 처리시설 설치 촉진에 관한 일부개정법률안"
    )
    assert query @ related > 2 * abs(query @ unrelated)
    assert query @ related > 0.2


def test_a_wrong_space_costs_little() -> None:
    right, wrong = embed("개인정보 보호법에 따른 처리방침", "개인 정보보호법에 따른처리 방침")
    assert right @ wrong > 0.75


@pytest.mark.parametrize("text", ["", " \n\t", "… · —", "\u200b"])
def test_nothing_to_embed_is_zero(text: str) -> None:
    assert not embed(text).any()


def test_single_syllable_is_found() -> None:
    query, has, has_not = embed("법", "민법 총칙", "총칙")
    assert query @ has > query @ has_not


def test_text_shorter_than_the_shortest_gram_is_zero() -> None:
    assert not embed("가 나", smallest=2).any()


def test_sizes_and_dimensions_change_the_vector() -> None:
    base = embed(LAW, dimensions=64, smallest=1, largest=2)[0]
    assert base.shape == (64,)
    assert (base != embed(LAW, dimensions=64, smallest=1, largest=3)[0]).any()
    assert (base != embed(LAW, dimensions=64, smallest=2, largest=2)[0]).any()


def test_collisions_cancel_out() -> None:
    """Signs make the product of unrelated texts zero on average, whatever the number of dimensions."""
    generator = np.random.default_rng(0)
    letters = np.array([chr(point) for point in range(0xAC00, 0xD7A4)])
    halves = np.array_split(generator.permutation(letters), 2)
    left, right = (["".join(generator.choice(half, 300)) for _ in range(60)] for half in halves)
    products = embed(*left, dimensions=256) @ embed(*right, dimensions=256).T
    assert abs(products.mean()) < 0.01
    assert products.std() == pytest.approx(1 / 16, rel=0.2)


def test_every_dimension_is_used_evenly() -> None:
    syllables = [chr(point) for point in range(0xAC00, 0xD7A4)]
    used = (embed(*syllables, dimensions=64, largest=1) != 0).sum(axis=0)
    expected = len(syllables) / 64
    assert ((used - expected) ** 2 / expected).sum() < 110  # chi-square, 63 degrees of freedom: p is about 0.0002


def test_smallest_above_largest_is_refused() -> None:
    with pytest.raises(ValidationError, match="no n-gram is left"):
        HashingOptions(smallest=3, largest=2)
