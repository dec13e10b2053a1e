"""Options of the stage publish."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options


class PublishTarget(StrEnum):
    """Where a dataset is published."""

    FOLDER = "folder"
    HUB = "hub"


class PublishImages(StrEnum):
    """Which images a published dataset holds."""

    NONE = "none"
    CROPS = "crops"
    PAGES = "pages"


class PersonalData(StrEnum):
    """What the scan for personal data looks for."""

    RESIDENT_NUMBER = "resident_number"
    FOREIGNER_NUMBER = "foreigner_number"
    CARD_NUMBER = "card_number"
    PHONE_NUMBER = "phone_number"
    EMAIL = "email"


# As the Hub has it: letters, digits, `-`, `_`, `.`; not at the ends; at most 96 characters.
_REPOSITORY = re.compile(r"([A-Za-z0-9](?:[\w.-]*\w)?/)?[A-Za-z0-9](?:[\w.-]*\w)?", re.ASCII)
_LONGEST_REPOSITORY = 96


class PublishOptions(Options):
    """From a finished corpus to a dataset that others can load."""

    target: PublishTarget = Field(
        PublishTarget.FOLDER, description="folder: write what would be uploaded. hub: write it, and upload it."
    )
    repository: str | None = Field(
        None, description="Dataset on the Hugging Face Hub, `name` or `owner/name`; `hub` asks for it."
    )
    private: bool = Field(True, description="Make a new repository private to you or your organisation.")
    images: PublishImages = Field(
        PublishImages.PAGES, description="none, crops (an image for each region) or pages (one for each page)."
    )
    crop_quality: int = Field(92, ge=50, le=100, description="JPEG quality of crops.")
    mask: tuple[PersonalData, ...] = Field(
        tuple(PersonalData),
        description="Kinds of personal data that become asterisks in the published text; images of pages or regions"
        " in whose text they were found are withheld.",
    )
    allow_personal_data: bool = Field(
        False,
        description="A person has looked at what is published: upload page images, and text in which personal data"
        " was found and not masked, to a public repository too.",
    )
    title: str = Field("Documents read by ocr_project", min_length=1, description="Heading of the dataset card.")
    licence: str = Field(
        "unknown",
        pattern=r"^[a-z0-9][a-z0-9.+-]*$",
        description="Licence of the dataset, by its name on the Hub (cc-by-4.0, …).",
    )
    source_name: str = Field("", description="What the documents are and where they come from, in a line of prose.")
    source_licence: str = Field("", description="Licence of the documents, as their source states it.")
    languages: tuple[str, ...] = Field(
        (), description="ISO 639-1 codes for the card. None: by the scripts of the text (Hangul: ko, Latin: en, …)."
    )
    tags: tuple[str, ...] = Field(("ocr", "documents"), description="Tags of the dataset card.")
    file_pages: int = Field(1000, ge=1, le=100_000, description="Pages in a file, about: whole shards.")
    file_megabytes: int = Field(
        450, ge=1, le=490, description="Largest file, 10^6 bytes without its footer; what is larger is split."
    )
    retries: int = Field(5, ge=0, le=100, description="Tries after the first where the Hub or the network fails.")

    @field_validator("repository")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is None:
            return None
        odd = "--" in value or ".." in value or value.endswith(".git") or len(value) > _LONGEST_REPOSITORY
        if odd or not _REPOSITORY.fullmatch(value):
            raise ValueError(
                f"{value!r} is not a repository name: write `name` or `owner/name` with letters, digits, `-`, `_`"
                f" and `.`, without `--` and `..`, {_LONGEST_REPOSITORY} characters at most"
            )
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.target is PublishTarget.HUB and self.repository is None:
            raise ValueError("target hub needs a repository: set publish.repository=owner/name")
        return self
