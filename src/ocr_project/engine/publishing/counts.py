"""What is counted while the files are written: sums that add up over files, and what the card says of them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocr_project.domain.options import PersonalData

_LONGEST_REASON = 160

# The most likely language of a script, where none is stated: a guess, and the card says so
_SCRIPTS = {"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CYRILLIC": "ru", "LATIN": "en", "CJK": "zh"}
_LETTERS_LOOKED_AT = 2000


@dataclass(slots=True)
class PageCounts:
    """Sums over any number of pages.

    Attributes:
        totals: pages, regions, characters, images, images_withheld.
        labels: Regions by label.
        outcomes: Pages by the status of their transcript.
        failures: By `stage: reason`.
        findings: Personal data by kind.
        finding_pages: Pages with personal data, by kind.
        scripts: Pages by the language that most of their letters point to.
    """

    totals: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    finding_pages: Counter[str] = field(default_factory=Counter)
    scripts: Counter[str] = field(default_factory=Counter)

    def add(self, other: PageCounts) -> None:
        """Add the counts of other pages to these."""
        for name in _NAMES:
            getattr(self, name).update(getattr(other, name))

    def fail(self, stage: str, reason: str) -> None:
        """Count a failure."""
        self.failures[f"{stage}: {reason[:_LONGEST_REASON]}"] += 1

    def found(self, on_page: Mapping[PersonalData, int]) -> None:
        """Count what the scan found on one page."""
        for kind, count in on_page.items():
            self.findings[kind] += count
            self.finding_pages[kind] += 1

    def to_json(self) -> dict[str, dict[str, int]]:
        """Return the counts as JSON holds them."""
        return {name: dict(sorted(getattr(self, name).items())) for name in _NAMES}

    @classmethod
    def from_json(cls, data: Mapping[str, Mapping[str, int]]) -> PageCounts:
        """Return what `to_json` laid out."""
        return cls(**{name: Counter(data[name]) for name in _NAMES})


_NAMES = ("totals", "labels", "outcomes", "failures", "findings", "finding_pages", "scripts")


def sum_counts(counts: Iterable[PageCounts]) -> PageCounts:
    """Return the sum of counts."""
    total = PageCounts()
    for each in counts:
        total.add(each)
    return total


def likely_language(text: str) -> str | None:
    """Guess the language of a page by the script of most of its letters; None where it has none that is known."""
    seen: Counter[str] = Counter()
    for char in text[:_LETTERS_LOOKED_AT]:
        if char.isalpha():
            seen[_SCRIPTS.get(unicodedata.name(char, "").split(" ")[0], "")] += 1
    language = seen.most_common(1)[0][0] if seen else ""
    return language or None


def personal_data_rows(counts: PageCounts, masked: Iterable[PersonalData]) -> list[dict[str, Any]]:
    """Return a row for each kind: kind, count, pages, masked."""
    hidden = set(masked)
    return [
        {
            "kind": kind.value,
            "count": counts.findings[kind],
            "pages": counts.finding_pages[kind],
            "masked": kind in hidden,
        }
        for kind in PersonalData
    ]
