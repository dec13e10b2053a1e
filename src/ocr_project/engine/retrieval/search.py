"""The searches side by side: the same pages by vectors, by words, and by both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import SearchMode, SearchOptions
from ocr_project.engine.retrieval.dense import Vectors, rank_by_vectors
from ocr_project.engine.retrieval.fusion import fuse
from ocr_project.engine.retrieval.lexical import LexicalIndex
from ocr_project.engine.retrieval.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Search:
    """A corpus that can be searched.

    Attributes:
        ids: Of the rows of `vectors`.
        vectors: Shape (n, d); may be mapped into memory.
        words: The same pages by their words.
    """

    ids: Sequence[str]
    vectors: Vectors
    words: LexicalIndex
    options: SearchOptions

    def rank_each(self, questions: Sequence[str], vectors: NDArray[np.float32]) -> Iterator[dict[SearchMode, Ranking]]:
        """Rank the pages for each question in every mode, `options.depth` of them.

        Args:
            questions: In words.
            vectors: Shape (len(questions), d), float32: the same in vectors.

        Yields:
            The rankings of each question by mode.
        """
        depth = self.options.depth
        found = rank_by_vectors(self.ids, self.vectors, vectors, depth)
        for question, dense in zip(questions, found, strict=True):
            lexical = self.words.rank(question, depth)
            fusion = fuse((dense, lexical), depth, self.options, (1.0, self.words.weigh(question)))
            yield {SearchMode.DENSE: dense, SearchMode.LEXICAL: lexical, SearchMode.FUSION: fusion}
