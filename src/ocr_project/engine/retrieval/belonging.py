"""Do the indexes belong to each other, and to the pages that are shown for what they find?"""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import StaleSource
from ocr_project.domain.options import LexicalOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.retrieval.lexical import count_terms, holds_words
from ocr_project.engine.running.origins import check_stamp, origin_of
from ocr_project.engine.running.sources import check_sources
from ocr_project.storage.vector_index import origin_of_index


def check_vectors(corpus: Corpus, index: Path) -> None:
    """See that an index of vectors is that of the vectors there now, and these of the pages there now.

    Raises:
        StaleSource: One of them is not; the message names the stage to run.
    """
    check_sources(*corpus.stages().values())
    if corpus.page_vectors is not None and (origin := origin_of_index(index)):
        now = {"vectors": origin_of(corpus.page_vectors)}
        check_stamp(f"the index {index.name}", "embedding", {"vectors": origin}, now)


def check_embedder(page_vectors: ShardSource, identity: str) -> None:
    """See that questions are embedded by what embedded the pages.

    Args:
        page_vectors: Of `Embedding`.
        identity: Canonical JSON, as the footers have it (`stage_identity`); empty where it is not known.

    Raises:
        StaleSource: They are not.
    """
    found = {info.identity for info in page_vectors.index().values() if info.identity}
    if identity and found - {identity}:
        raise StaleSource(
            "the vectors of the pages were made by another embedder, or with other options, than those of the"
            " question: run `kedro run --pipelines embedding` with the same options first, or all stages at once"
        )


def check_words(corpus: Corpus, index: Path, options: LexicalOptions) -> None:
    """See that an index of words is that of the transcripts there now.

    Raises:
        StaleSource: It is not.
    """
    if count_terms(index) is not None and not holds_words(index, rows=corpus.transcripts, options=options):
        raise StaleSource(
            f"the index {index.name} was made from other transcripts than those there now: run `kedro run --pipelines"
            " retrieval` with the same options first, or all stages at once"
        )
