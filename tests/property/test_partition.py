"""Documents to shards: nothing lost, nothing twice, and a new document moves no more than its neighbours."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.types import Document, Status
from ocr_project.engine.ingest.partition import partition, pieces, shard_info


def document(seed: int, pages: int) -> Document:
    doc_id = hashlib.sha256(str(seed).encode()).hexdigest()[:16]
    return Document(doc_id, f"{seed:06d}.pdf", "", "application/pdf", pages, 1, f"/{seed}")


documents = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 120)), max_size=60, unique_by=lambda pair: pair[0]
).map(lambda pairs: [document(seed, pages) for seed, pages in sorted(pairs)])


def all_pages(shards: dict) -> list[tuple[str, int]]:
    return [
        (piece.document.doc_id, number)
        for slices in shards.values()
        for piece in slices
        for number in range(piece.first, piece.last + 1)
    ]


@given(documents, st.integers(1, 64))
def test_every_page_is_in_exactly_one_shard_in_order(found: list[Document], shard_pages: int) -> None:
    expected = [(d.doc_id, number) for d in found for number in range(1, d.pages + 1)]
    assert all_pages(partition(found, limit=None, shard_pages=shard_pages)) == expected


@given(documents, st.integers(1, 64))
def test_shards_are_neither_too_large_nor_empty(found: list[Document], shard_pages: int) -> None:
    for name, slices in partition(found, limit=None, shard_pages=shard_pages).items():
        assert 1 <= shard_info(name, slices).pages <= 2 * shard_pages


@given(documents, st.integers(1, 64), st.integers(1, 500))
def test_a_limit_takes_the_first_pages(found: list[Document], shard_pages: int, limit: int) -> None:
    expected = [(d.doc_id, number) for d in found for number in range(1, d.pages + 1)][:limit]
    assert all_pages(partition(found, limit=limit, shard_pages=shard_pages)) == expected


@given(documents)
def test_documents_that_failed_have_no_pages(found: list[Document]) -> None:
    failed = [Document(d.doc_id, d.path, "", "", 7, 1, d.source, Status.FAILED, "broken: …") for d in found]
    assert partition(failed, limit=None, shard_pages=8) == {}


def test_a_document_more_moves_no_more_than_its_neighbours() -> None:
    found = [document(seed, 5) for seed in range(0, 400, 2)]
    before = {shard_info(n, s).key for n, s in partition(found, limit=None, shard_pages=32).items()}
    more = sorted([*found, document(201, 5)], key=lambda d: d.path)
    after = {shard_info(n, s).key for n, s in partition(more, limit=None, shard_pages=32).items()}
    assert len(before - after) <= 3
    assert len(before) > 20


def test_pieces_cover_their_slices() -> None:
    (slices,) = partition([document(1, 11)], limit=None, shard_pages=32).values()
    assert [(p.first, p.last) for p in pieces(slices, 4)] == [(1, 4), (5, 8), (9, 11)]
