"""OCRBench v2: long texts, by the mean of four measures.

nltk (BLEU, METEOR), jieba (Chinese words) and WordNet (METEOR's synonyms) are looked for when the first text is
scored. WordNet is nltk's own copy or Debian's (`wordnet-base`), both 3.0; that their files are equal is not known.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

_CHINESE = re.compile("[\u4e00-\u9fa5]")
_DEBIAN = Path("/usr/share/wordnet")
_LEXNAMES = 45  # lexicographer files of WordNet, lexnames(5WN)
_ONE_AT_A_TIME = threading.Lock()  # nltk's WordNet seeks in shared files
_PACKAGES = "pip install 'ocr_project[bench]'"


class MissingWords(RuntimeError):
    """nltk, jieba or WordNet is not there."""


def passage_score(reference: str, hypothesis: str) -> float:
    """Score a text by the mean of BLEU, METEOR, the F-measure of its words, and 1 - edit distance.

    BLEU is of order 4 without smoothing, so a text of fewer than four words has none. Words are split by spaces, or
    by jieba where either text has a Chinese character. The edit distance is of characters, over the longer text.

    Returns:
        0 to 1; 0 for no text.

    Raises:
        MissingWords: What it takes is not installed; the message says how to get it.
    """
    if not hypothesis:
        return 0.0
    cut = _cut_chinese if _CHINESE.search(reference) or _CHINESE.search(hypothesis) else str.split
    expected, got = cut(reference), cut(hypothesis)
    distance = Levenshtein.normalized_distance(reference, hypothesis)
    return (_bleu(expected, got) + _meteor(expected, got) + _f_measure(expected, got) + 1.0 - distance) / 4


def _f_measure(expected: list[str], got: list[str]) -> float:
    """Compare the distinct words."""
    shared = len({*expected} & {*got})
    return 2 * shared / (len({*expected}) + len({*got})) if shared else 0.0


def _cut_chinese(text: str) -> list[str]:
    try:
        import jieba
    except ImportError as error:
        raise MissingWords(f"splitting Chinese into words needs jieba, which is not installed: {_PACKAGES}") from error
    jieba.setLogLevel("WARNING")  # it tells of its dictionary otherwise
    return [str(word) for word in jieba.lcut(text)]


def _bleu(expected: list[str], got: list[str]) -> float:
    _check_nltk()
    from nltk.translate.bleu_score import sentence_bleu

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises smoothing, which the authors do without
        return float(sentence_bleu([expected], got))


def _meteor(expected: list[str], got: list[str]) -> float:
    from nltk.translate.meteor_score import single_meteor_score

    with _ONE_AT_A_TIME:
        return float(single_meteor_score(expected, got, wordnet=_wordnet()))


def _check_nltk() -> None:
    try:
        import nltk  # noqa: F401  # only whether it is there
    except ImportError as error:
        raise MissingWords(f"BLEU and METEOR need nltk, which is not installed: {_PACKAGES}") from error


@cache
def _wordnet() -> Any:
    """Open WordNet wherever it is."""
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class Bare(WordNetCorpusReader):  # type: ignore[misc]  # nltk has no types
        """Does without `lexnames` and the map of senses, which Debian leaves out and METEOR does not need."""

        def map_wn(self, version: str = "") -> dict[str, str]:
            return {}

        def open(self, file: str) -> Any:
            if file == "lexnames":
                return io.StringIO("".join(f"{number:02d}\tany\t0\n" for number in range(_LEXNAMES)))
            return super().open(file)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses its translations
        for place in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
            try:
                return Bare(nltk.data.find(place), None)
            except LookupError:
                continue  # the next place is looked at
        if (_DEBIAN / "data.noun").is_file():
            nltk.data.path.append(str(_DEBIAN))  # it opens nothing that lies elsewhere
            return Bare(nltk.data.FileSystemPathPointer(str(_DEBIAN)), None)
    raise MissingWords(
        "METEOR needs WordNet, which is not installed: apt-get install wordnet-base, or python -m"
        " nltk.downloader wordnet"
    )
