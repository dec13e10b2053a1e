"""From questions to pages: by vectors, by words, and by both.

top_k, top_k_each, rank_by_vectors        exact search over vectors mapped into memory
LexicalIndex, write_words, open_words     BM25 over n-grams of characters
holds_words, count_terms                  whether it is up to date, and has any words
fuse, fuse_scores, fuse_places            two rankings made into one, by scores or by places
Search                                    the three of them side by side, chosen by mode
check_vectors, _words, _embedder          whether they belong to what is there now
snippet                                   why a page was found
"""

from ocr_project.engine.retrieval.belonging import check_embedder, check_vectors, check_words
from ocr_project.engine.retrieval.dense import rank_by_vectors, top_k, top_k_each
from ocr_project.engine.retrieval.fusion import fuse, fuse_places, fuse_scores
from ocr_project.engine.retrieval.lexical import LexicalIndex, count_terms, holds_words, open_words, write_words
from ocr_project.engine.retrieval.ranking import Ranking
from ocr_project.engine.retrieval.search import Search
from ocr_project.engine.retrieval.snippets import snippet

__all__ = [
    "LexicalIndex",
    "Ranking",
    "Search",
    "check_embedder",
    "check_vectors",
    "check_words",
    "count_terms",
    "fuse",
    "fuse_places",
    "fuse_scores",
    "holds_words",
    "open_words",
    "rank_by_vectors",
    "snippet",
    "top_k",
    "top_k_each",
    "write_words",
]
