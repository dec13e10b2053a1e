"""Options of the pipeline specimens: documents of people who do not exist."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.types.damage import Damage

_SEPARATOR = "+"


class SpecimenKind(StrEnum):
    """A kind of document that can be drawn."""

    SNILS = "snils"
    INN = "inn"
    EMPLOYMENT = "employment"
    RECEIPT = "receipt"


class SpecimensOptions(Options):
    """Documents of people who do not exist, with the answer and the box of every field, clean and damaged.

    The images of a set are documents x resolutions x (1 + damaged). The same options, fonts and packages give the same
    bytes; a document does not change with the number of documents beside it.
    """

    kinds: tuple[SpecimenKind, ...] = Field(
        (SpecimenKind.SNILS, SpecimenKind.INN),
        min_length=1,
        description="Kinds of documents, drawn in turn; in YAML a list, elsewhere names joined by `+`: a Russian SNILS"
        " card, an INN certificate (old form), a Korean certificate of employment, an English receipt.",
    )
    count: int = Field(10, ge=1, le=100_000, description="Documents, of all kinds together.")
    seed: int = Field(0, ge=0, description="Seed of the people and of the damage: another one, other people.")
    resolutions: tuple[int, ...] = Field(
        (150,),
        min_length=1,
        description="Each document is drawn at each of these, in dots per inch from 50 to 600. At 150 a SNILS card has"
        " 800 x 600 pixels, an INN certificate 1,220 x 1,524.",
    )
    damaged: int = Field(
        1, ge=0, le=100, description="Damaged images of each document, beside the clean one. 0: clean ones only."
    )
    damages: tuple[Damage, ...] = Field(
        tuple(Damage), min_length=1, description="Kinds of damage, in turn; each image has one."
    )
    strengths: tuple[float, ...] = Field(
        (0.6, 0.3, 0.9),
        min_length=1,
        description="How much damage, from above 0 to 1 (parts of the page are beyond reading); the next one when all"
        " kinds had their turn.",
    )
    name: str = Field(
        "",
        pattern=r"^[\w.-]*$",
        description="Name of the set's folder in `data/01_raw/test_sets`. Empty: made of kinds and count,"
        " `snils_inn_x10`.",
    )
    fonts: Path = Field(
        Path("/usr/share/fonts/truetype"), description="Folder with `liberation/` and, for Korean, `nanum/`."
    )

    @field_validator("kinds", "damages", "resolutions", "strengths", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(_SEPARATOR) if part)
        return (value,) if isinstance(value, int | float) else value

    @model_validator(mode="after")
    def _each_once_and_within_limits(self) -> SpecimensOptions:
        for name in ("kinds", "damages", "resolutions", "strengths"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"specimens.{name} names one of its values twice")
        if wrong := [dpi for dpi in self.resolutions if not 50 <= dpi <= 600]:
            raise ValueError(f"specimens.resolutions: {wrong[0]} dpi is not from 50 to 600")
        if wrong_strengths := [strength for strength in self.strengths if not 0 < strength <= 1]:
            raise ValueError(f"specimens.strengths: {wrong_strengths[0]} is not above 0 and at most 1")
        return self

    @property
    def set_name(self) -> str:
        """Return the name of the set's folder."""
        return self.name or f"{'_'.join(self.kinds)}_x{self.count}"
