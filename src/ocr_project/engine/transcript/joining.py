"""Two lines of a paragraph into one: with a space, without one, or without the hyphen.

Korean sets break lines inside of words as well as between them, and nothing marks which. So:

1. The joined form stands elsewhere on the page (endings apart): the word was broken, join.
2. Both parts stand elsewhere on the page as words: there was a space.
3. The next line begins with a particle or an ending that never stands alone (은, 를, 에서, 한다, …) and
   that fits the syllable before it (은 after a final consonant, 는 after a vowel): join.
4. Otherwise a space: a wrong space costs a reader less than two words run together.

Latin and Cyrillic: a hyphen before a lower-case continuation goes, unless the page writes the word
with its hyphen elsewhere. A soft hyphen always goes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

SOFT_HYPHEN = "\u00ad"

_HANGUL = r"\uac00-\ud7a3"
_PUNCTUATION = " \t.,:;!?·ㆍ()[]{}<>〈〉《》「」『』【】\"'“”‘’…*"
_HYPHENS = f"-\u2010{SOFT_HYPHEN}"
# Two letters before the hyphen, so that "A-" of a list of marks is left alone.
_BROKEN = re.compile(rf"([^\W\d_{_HANGUL}]+)[{_HYPHENS}]$")
_LOWER = re.compile(r"[a-zß-öø-ÿāăąćčďęěğıłńňőœřśšťůűźżžа-яё]")

# Particles by the syllable before them: after a final consonant, after a vowel.
_AFTER_CONSONANT = frozenset(re.split(r"\s", "은 이 을 과 으로 으로서 으로써 이나 이라 이란 이며 이고"))
_AFTER_VOWEL = frozenset(re.split(r"\s", "는 가 를 와 로 로서 로써 나 라 란"))
# These follow any syllable, and stand alone in no Korean text worth counting.
_PARTICLES = frozenset(
    re.split(
        r"\s",
        "의 에 에서 에게 에는 에도 에만 에서는 에서의 에의 도 만 까지 부터 보다 마다 조차 처럼 으로부터 로부터"
        " 에게는 이다 이라고 이라는 이었다 인 임 일 적 적인 적으로 들 들은 들이 들을 들의",
    )
)
_ENDINGS = re.compile(
    r"(?:한다|하는|하여|하고|하며|하지|하기|하였|했다|했으|할|함|된다|되는|되어|되고|되며|되지|되었|됐다|"
    r"시킨|시켜|스럽|습니다|입니다|합니다|됩니다|니다|었다|았다|였다|겠다|으며|으면|는다|므로|으므로)"
)
_ENDING_ALONE = frozenset({"다", "며", "고", "면", "지", "여", "야", "할", "함", "된", "됨", "한", "해", "자"})
_COUNTERS = re.compile(r"(?:년|월|일|조|항|호|목|장|절|개|명|원|건|회|차|쪽|퍼센트|시|분|초|억|만|천)+")
# What follows a counter in its word, particles apart; a word that only begins like one (회계, 시행, 일반) does not.
_AFTER_COUNTER = frozenset({"간", "째", "분의", "여", "이상", "이하", "이내", "미만", "초과", "말", "초", "도", "생"})
# Of an obligation: 하여야 한다, 있어야 하며. The verb is a word of its own.
_MUST = re.compile(r"[가-힣][여어아해]야$|해야$")
# An independent word that looks like a particle: "이 법", "그 일", "만 나이". The parts before it tell.
_BEFORE_A_WORD = re.compile(r"[은는을를에의와과도로며고서여면나지]$")


class Vocabulary:
    """The words of a page, as evidence for what is one word."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Count the words of a page.

        Args:
            lines: All lines of the page. The first and last word of a line may be half a word and count as
                such: a part that stands at one line end only is not evidence, hence `known` asks for more.
        """
        self._inner: Counter[str] = Counter()
        self._edges: Counter[str] = Counter()
        for line in lines:
            words = [bare(word) for word in line.split()]
            self._inner.update(filter(None, words[1:-1]))
            self._edges.update(filter(None, [*words[:1], *words[1:][-1:]]))
        self._stems = {stem(word) for word in self._inner} | {stem(word) for word in self._edges}

    def joined(self, word: str) -> bool:
        """Say whether the word stands on the page, perhaps with another ending."""
        return word in self._inner or word in self._edges or (len(stem(word)) > 1 and stem(word) in self._stems)

    def known(self, word: str) -> bool:
        """Say whether the word stands somewhere that is not the line end in question."""
        return word in self._inner or self._edges[word] > 1


def bare(word: str) -> str:
    """Strip punctuation around a word."""
    return word.strip(_PUNCTUATION)


def stem(word: str) -> str:
    """Strip one particle from the end of a Korean word, the longest that leaves two syllables or more."""
    for length in (3, 2, 1):
        tail = word[-length:]
        if len(word) - length >= 2 and (tail in _PARTICLES or tail in _AFTER_CONSONANT or tail in _AFTER_VOWEL):
            return word[:-length]
    return word


def join(before: str, after: str, vocabulary: Vocabulary) -> str:
    """Join two lines of one paragraph by the rules at the head of this file.

    Args:
        before: The paragraph so far, not empty.
        after: The next line, not empty.
        vocabulary: Of the page.
    """
    if before.endswith(SOFT_HYPHEN):
        return before[:-1] + after
    if broken := _BROKEN.search(before):
        return _dehyphenate(before, after, broken.group(1), vocabulary)
    return before + ("" if _is_one_word(before, after, vocabulary) else " ") + after


def _dehyphenate(before: str, after: str, part: str, vocabulary: Vocabulary) -> str:
    rest = bare(after.split()[0])
    if not _LOWER.match(after):
        return before + after  # Anglo-|Saxon, ISO-|9001: the hyphen is the word's own
    with_hyphen = vocabulary.known(f"{part}-{rest}") and not vocabulary.known(part + rest)
    return (before if with_hyphen else before[:-1]) + after


def _is_one_word(before: str, after: str, vocabulary: Vocabulary) -> bool:
    tail, head = before.split()[-1], after.split()[0]
    last, first = tail[-1], head[0]
    if _is_ideograph(last) and _is_ideograph(first):
        return True
    if not _is_hangul(first):
        return False
    if last.isdigit():
        return _is_counter(bare(head))
    if last in ")」』】》〉\"”’'%" or (last.isascii() and last.isalpha()):
        return _is_particle(head, None)
    if not _is_hangul(last):
        return False
    tail, head = bare(tail), bare(head)
    if vocabulary.joined(tail + head):
        return True
    if vocabulary.known(tail) and vocabulary.known(head):
        return False
    if _MUST.search(tail) and _ENDINGS.match(head):
        return False
    return _is_particle(head, last)


def _is_counter(head: str) -> bool:
    """Say whether a word counts what the number before it says: 년, 개월, 명의, 시간."""
    counter = _COUNTERS.match(head)
    if counter is None:
        return False
    rest = head[counter.end() :]
    if not rest or not _is_hangul(rest[0]) or rest in _AFTER_COUNTER:
        return True
    return _is_particle(rest, head[counter.end() - 1])


def _is_particle(head: str, last: str | None) -> bool:
    """Say whether a line's first word is an ending of the word before it.

    Args:
        head: The first word of the line.
        last: The syllable before it; `None` where that is not Hangul, so that its sound is not known.
    """
    head = bare(head)
    if head in _AFTER_CONSONANT or head in _AFTER_VOWEL:
        if last is None:
            return True
        fits = head in (_AFTER_CONSONANT if _closed(last) else _AFTER_VOWEL)
        fits = fits or (head.startswith("로") and (ord(last) - 0xAC00) % 28 == 8)  # 로 follows ㄹ as well
        return fits and not (head in ("이", "가", "나", "라") and _BEFORE_A_WORD.search(last))
    if head in _PARTICLES:
        return not (last is not None and head in ("만", "일", "적", "인", "도") and _BEFORE_A_WORD.search(last))
    if last is not None and _BEFORE_A_WORD.search(last):
        return False
    return head in _ENDING_ALONE or _ENDINGS.match(head) is not None


def _closed(syllable: str) -> bool:
    """Say whether a Hangul syllable ends with a consonant (Unicode 15, section 3.12: 28 finals, 0 is none)."""
    return (ord(syllable) - 0xAC00) % 28 != 0


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


def _is_ideograph(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" or "\u3040" <= character <= "\u30ff"
