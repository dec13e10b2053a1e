"""What is known about a test set before anything of it is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a set lies on the Hugging Face Hub.

    Attributes:
        repo: `owner/name` of the dataset.
        revision: The commit that is downloaded; `None` where no commit could be looked up when this was
            written: then the newest is taken, and what it was stands in `revision.txt` beside the files.
        files: Glob patterns of the files that are needed; the rest stays where it is.
    """

    repo: str
    revision: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A test set in words.

    Attributes:
        name: As `testsets.sets` says it; also its folder.
        licence: As its publisher says; with the licence of the images where that is another.
        commercial: Whether the licence allows commercial use; `None` where it does not say.
        homepage: Where people read on.
        metrics: Names of the scores that it gets, without their normalization.
        headline: The score that stands for the set, with its normalization; empty, or where a run lacks it: the first
            by the order of the catalog.
        how: What a person does to get it, where the Hub alone is not enough.
        version: Of the reader: raise it when the same files would give other pages, prompts or ground truths.
    """

    name: str
    title: str
    licence: str
    commercial: bool | None
    homepage: str
    metrics: tuple[str, ...]
    headline: str = ""
    hub: Hub | None = None
    how: str = ""
    version: int = 1

    @property
    def terms(self) -> str:
        """Return the licence as it is shown before a download."""
        use = {
            True: "commercial use is allowed",
            False: "NOT FOR COMMERCIAL USE",
            None: "it does not say whether commercial use is allowed: ask its publisher",
        }[self.commercial]
        return f"{self.title}: {self.licence}; {use}. {self.homepage}"
