"""Search by words: BM25, precomputed for each word and page by bm25s, mapped into memory at rest."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import LexicalOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.retrieval.ranking import Ranking, best
from ocr_project.engine.retrieval.tokens import character_ngrams
from ocr_project.engine.retrieval.word_matrix import inverse_document_frequency, write_matrix
from ocr_project.storage.atomic import atomic_folder
from ocr_project.storage.id_lines import IdLines

if TYPE_CHECKING:
    from bm25s import BM25

# Raise it whenever the same text and options give other tokens or scores.
VERSION = "1"

_ABOUT, _IDS, _MATRIX = "about.json", "ids.txt", "bm25"


class LexicalIndex:
    """Pages to be searched by BM25."""

    def __init__(self, ids: Sequence[str], matrix: BM25 | None, options: LexicalOptions) -> None:
        """Hold a finished index; `build` and `load` make one.

        Args:
            ids: Of the pages, in the order of the matrix.
            matrix: None where no page has a word.
            options: With which it was made.
        """
        self.ids = ids
        self._matrix = matrix
        self._options = options

    @classmethod
    def build(cls, pages: Iterable[tuple[str, str]], options: LexicalOptions) -> LexicalIndex:
        """Index pages.

        Args:
            pages: Id and text of each; taken one at a time.
            options: How texts are cut and weighed.
        """
        with TemporaryDirectory() as folder:
            _, terms = _write(Path(folder), pages, options)
            return cls._read(Path(folder), terms, options, mapped=False)

    @classmethod
    def mapped(cls, folder: Path, pages: Iterable[tuple[str, str]], options: LexicalOptions) -> LexicalIndex:
        """Index pages as `build` does, in a folder that is there and empty, and stays until the index is let go."""
        _, terms = _write(folder, pages, options)
        return cls._read(folder, terms, options, mapped=True)

    @classmethod
    def _read(cls, folder: Path, terms: int, options: LexicalOptions, *, mapped: bool) -> LexicalIndex:
        ids = IdLines(folder / _IDS)
        matrix = _bm25s().BM25.load(str(folder / _MATRIX), mmap=mapped) if terms else None
        return cls(ids, matrix, options)

    @property
    def terms(self) -> int:
        """Number of different tokens."""
        return 0 if self._matrix is None else len(self._matrix.vocab_dict)

    def rank(self, question: str, k: int) -> Ranking:
        """Return the best k pages that share a token with the question; equal scores in the order of the pages."""
        scores = self._scores(_cut(question, self._options))
        return [(self.ids[place], float(scores[place])) for place in best(scores, k) if scores[place] > 0]

    def weigh(self, question: str) -> float:
        """Say how much words know about a question, from 0 to 1: what they count beside vectors.

        A question in another language than its page shares single pairs of letters with some pages, or is about as
        near to every page of its own language. So the weight is the geometric mean of two shares: of the question's
        inverse document frequency that the best page covers, tokens that no page has counted in; and of the best
        score by which it is above the middle one of the other pages that were found.
        """
        tokens = _cut(question, self._options)
        scores = self._scores(tokens)
        first = int(scores.argmax()) if len(scores) else 0
        if not len(scores) or scores[first] <= 0:
            return 0.0
        others = np.delete(scores, first)
        others = others[others > 0]
        above = 1 - float(np.median(others)) / float(scores[first]) if len(others) else 1.0
        return math.sqrt(self._covered(set(tokens), first) * above)

    def _scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all pages; none where no page has a token."""
        if self._matrix is None:
            return np.zeros(0, np.float32)
        return np.asarray(self._matrix.get_scores_from_ids(self._matrix.get_tokens_ids(tokens)), np.float32)

    def _covered(self, tokens: set[str], place: int) -> float:
        """Return the share of the tokens' inverse document frequency that one page has."""
        matrix: Any = self._matrix
        starts, pages, total = matrix.scores["indptr"], matrix.scores["indices"], len(self.ids)
        asked = covered = 0.0
        for token in sorted(tokens):
            number = matrix.vocab_dict.get(token)
            having = pages[:0] if number is None else pages[int(starts[number]) : int(starts[number + 1])]
            idf = inverse_document_frequency(len(having), total)
            asked += idf
            nearest = int(np.searchsorted(having, place))  # the pages of a token are in order
            covered += idf if nearest < len(having) and having[nearest] == place else 0.0
        return covered / asked


def write_words(folder: Path, *, rows: ShardSource, options: LexicalOptions) -> None:
    """Index the text of all pages; the folder is replaced as a whole, and left alone where nothing changed.

    Args:
        folder: To hold the index.
        rows: Of `Transcript`.
        options: How texts are cut and weighed.
    """
    if holds_words(folder, rows=rows, options=options):
        return
    key = _key(rows, options)
    pages = ((row.page_id, row.text) for row in rows.rows(without=("markdown",)))
    with atomic_folder(folder) as partial:
        count, terms = _write(partial, pages, options)
        about = {"key": key, "options": options.model_dump(mode="json"), "pages": count, "terms": terms}
        (partial / _ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")


def holds_words(folder: Path, *, rows: ShardSource, options: LexicalOptions) -> bool:
    """Say whether a folder holds what `write_words` would make of the same rows and options."""
    return bool(_about(folder).get("key") == _key(rows, options))


def open_words(folder: Path, options: LexicalOptions) -> LexicalIndex:
    """Open an index, mapped into memory.

    Raises:
        SourceError: There is none yet, or it was made with other options.
    """
    about = _about(folder)
    if not about:
        raise SourceError(f"no index of words in {folder}: run `kedro run` first")
    if about["options"] != options.model_dump(mode="json"):
        raise SourceError(
            f"the index of words in {folder} was made with other options than search.lexical has now:"
            " run `kedro run --pipelines retrieval`"
        )
    return LexicalIndex._read(folder, about["terms"], options, mapped=True)


def count_terms(folder: Path) -> int | None:
    """Return the number of different tokens in an index, without opening it; None where there is none."""
    about = _about(folder)
    return int(about["terms"]) if about else None


def _write(folder: Path, pages: Iterable[tuple[str, str]], options: LexicalOptions) -> tuple[int, int]:
    """Write ids and matrix into a folder that is there; return the numbers of pages and of different tokens."""
    count = 0
    with (folder / _IDS).open("w", encoding="utf-8") as ids:

        def tokens() -> Iterator[list[str]]:
            nonlocal count
            for page_id, text in pages:
                count += 1
                ids.write(f"{page_id}\n")
                yield _cut(text, options)

        terms = write_matrix(folder / _MATRIX, tokens(), options)
    return count, terms


def _cut(text: str, options: LexicalOptions) -> list[str]:
    return character_ngrams(text, options.smallest, options.largest)


def _about(folder: Path) -> dict[str, Any]:
    path = folder / _ABOUT
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _key(rows: ShardSource, options: LexicalOptions) -> str:
    parts = [VERSION, options.model_dump_json(), *(info.source_key for info in rows.index().values())]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _bm25s() -> Any:
    """Import it where it is used; it sets its own logger to tell of every step, whatever the rest is told."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
