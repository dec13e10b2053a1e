"""A page on its way out: its personal data found, masked where the options say so, and its images withheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ocr_project.domain.options import PersonalData
from ocr_project.domain.types import Page, Recognition, Region, Transcript
from ocr_project.engine.publishing.personal_data import screen_text, screen_words
from ocr_project.engine.transcript.safe_markdown import safe_markdown


@dataclass(frozen=True, slots=True)
class Screened:
    """A page with its rows, safe to be published.

    Attributes:
        regions: Each with what was read in it and how often personal data was found there.
        found: How often each kind was found on the page; what stands in several columns counts once.
        withheld: Whether the image shows something that is masked in the text.
    """

    page: Page
    regions: tuple[tuple[Region, Recognition, Counter[PersonalData]], ...]
    transcript: Transcript
    found: Counter[PersonalData]
    withheld: bool


class Screen:
    """Looks through texts, masks some kinds of personal data and counts all."""

    def __init__(self, masked: Collection[PersonalData]) -> None:
        self._masked = frozenset(masked)

    def page(
        self, page: Page, regions: Sequence[Region], recognitions: Sequence[Recognition], transcript: Transcript
    ) -> Screened:
        """Screen a page with all that belongs to it."""
        read = [self._recognition(recognition) for recognition in recognitions]
        text, in_text = screen_text(transcript.text, self._masked)
        markdown, in_markdown = screen_text(transcript.markdown, self._masked)
        layer, in_layer = screen_text(page.text_layer or "", self._masked)
        path, in_path = screen_text(page.path, self._masked)
        in_regions: Counter[PersonalData] = sum((found for _, found in read), Counter())
        found = in_text | in_markdown | in_layer | in_regions | in_path  # the largest count of each kind
        return Screened(
            page=replace(
                page,
                path=path,
                group=self.text(page.group),
                text_layer=None if page.text_layer is None else layer,
                reason=self.text(page.reason),
            ),
            regions=tuple(
                (replace(region, reason=self.text(region.reason)), recognition, counts)
                for region, (recognition, counts) in zip(regions, read, strict=True)
            ),
            transcript=replace(
                transcript,
                text=text,
                markdown=safe_markdown(markdown),
                path=path,
                group=self.text(transcript.group),
                reason=self.text(transcript.reason),
            ),
            found=found,
            withheld=self.hides(found),
        )

    def text(self, text: str) -> str:
        """Return a text with what is to be masked masked."""
        return screen_text(text, self._masked)[0]

    def hides(self, found: Counter[PersonalData]) -> bool:
        """Say whether any of what was found is masked."""
        return any(found[kind] for kind in self._masked)

    def _recognition(self, recognition: Recognition) -> tuple[Recognition, Counter[PersonalData]]:
        text, in_text = screen_text(recognition.text, self._masked)
        words, in_words = screen_words(recognition.words, self._masked)
        safe = replace(recognition, text=text, words=words, reason=self.text(recognition.reason))
        return safe, in_text | in_words
