"""Samples to numbers: the prompt that is asked later, the pixels that are served later, the answer with its end mark.

What is trained is what is asked: prompts and forms of answers are the dialect's, images go through the sizes of the
recognizer's crops (`crops.worker.prepare`) and the checkpoint's own image processor, the conversation through its own
template. Labels are the answer and the mark that ends it, and nothing else. Nothing is ever cut: a sample that does
not fit is refused, with its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import DocumentError, OptionError
from ocr_project.domain.options import DialectName, TrainingOptions
from ocr_project.domain.types import Status, TrainingSample
from ocr_project.engine.imaging.pixels import Pixels, decode, encode
from ocr_project.engine.models import Dialect, Fit, NoTarget, dialect_of
from ocr_project.engine.models.crops.worker import prepare, prepared_size
from ocr_project.engine.models.local.chat import conversation
from ocr_project.engine.models.local.preparation import Preparation
from ocr_project.training.augmentation import augmented, quarters_of, turned_facts
from ocr_project.training.families import Family, family_of
from ocr_project.training.packing import IGNORED, Encoded

_LEAST_SIDE = 3  # pixels: the recognizer reads nothing that is smaller
_MOST_PIXELS = 2**27  # of a source: 16,384 x 8,192


class Refused(ValueError):
    """A sample that is not learnt from.

    Attributes:
        rule: Why, in a word or two, for counts.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Length:
    """How long a sample is.

    Attributes:
        tokens: All of them.
        image: Those of the image.
        answer: Those that are learnt, the end mark included.
    """

    tokens: int
    image: int
    answer: int


class Encoder:
    """Encodes samples for one model. It holds no weights, and is made in each process that prepares images.

    Attributes:
        preparation: Tokenizer and image processor.
        family: Of the model.
        dialect: How it is asked.
        fit: The sizes that images get before the image processor.
        end_id: The token that ends an answer.
    """

    def __init__(self, options: TrainingOptions, folder: str | Path | None = None) -> None:
        """Load tokenizer and image processor.

        Args:
            options: Model, dialect, pixels, augmentation.
            folder: Where the model is; None: as the options say.

        Raises:
            BackendError: They cannot be loaded.
            OptionError: It is a model that cannot be trained here.
        """
        self._options = options
        name = str(folder or options.model)
        self.preparation = Preparation(name, None if folder else options.revision, option="training")
        self.family = family_of(self.preparation.config.to_dict(), model=options.model)
        self.dialect = chosen_dialect(options, self.family)
        self.fit = fit_of(options, self.dialect)
        self.end_id = self._end_mark(name)
        tokenizer = self.preparation.tokenizer
        self._marks = set(tokenizer.all_special_ids) | {self.preparation.image_id}
        self._prompts: dict[str, tuple[list[int], list[int]]] = {}

    def length(self, sample: TrainingSample, epoch: int = 0) -> Length:
        """Return how long a sample will be in an epoch; its image is not decoded.

        Raises:
            Refused: It cannot be learnt from.
        """
        self._check(sample)
        before, after = self._prompt(sample)
        answer = self._answer(sample, epoch)
        _, (high, wide) = prepared_size(sample.height, sample.width, self.fit)
        image = self.preparation.image_tokens(high, wide)
        return Length(len(before) + image + len(after) + len(answer), image, len(answer))

    def encode(self, sample: TrainingSample, epoch: int = 0, *, augment: bool = True) -> Encoded:
        """Encode a sample as it is learnt from in an epoch.

        Args:
            augment: Otherwise the image stays as it is, as for scoring.

        Raises:
            Refused: It cannot be learnt from.
        """
        self._check(sample)
        before, after = self._prompt(sample)
        answer = self._answer(sample, epoch if augment else None)
        seen = self.preparation.pictures([self.pixels(sample, epoch if augment else None)])
        image = [self.preparation.image_id] * seen.tokens[0]
        ids = np.asarray([*before, *image, *after, *answer], np.int64)
        labels = np.full(len(ids), IGNORED, np.int64)
        labels[-len(answer) :] = answer
        high, wide = (int(side) for side in seen.inputs["image_grid_thw"][0, 1:])
        return Encoded(sample.sample_id, ids, labels, seen.inputs["pixel_values"], (1, high, wide))

    def pixels(self, sample: TrainingSample, epoch: int | None) -> Pixels:
        """Return the image as the server of the tuned model will get it.

        Args:
            epoch: Whose augmentation it gets; None: none.

        Raises:
            Refused: It cannot be decoded.
        """
        try:
            pixels = decode(sample.image or b"")
        except DocumentError as error:
            raise Refused("broken_image", f"the image of sample {sample.sample_id}: {error}") from error
        if pixels.shape[:2] != (sample.height, sample.width):
            found = f"{pixels.shape[1]} x {pixels.shape[0]} pixels, and its row says {sample.width} x {sample.height}"
            raise Refused("other_size", f"the image of sample {sample.sample_id} has {found}")
        options = self._options
        if epoch is not None:
            pixels = augmented(pixels, sample, options.augmentation, options.seed, epoch)
        fitted = prepare(pixels, self.fit)
        if options.jpeg_quality is None:
            return fitted
        return decode(encode(np.ascontiguousarray(fitted), jpeg_quality=options.jpeg_quality))

    def prompt(self, sample: TrainingSample) -> str:
        """Return what is asked about a sample."""
        return sample.question or self.dialect.prompt_for(sample.task, page=sample.whole_page)

    def target(self, sample: TrainingSample, quarters: int = 0) -> str:
        """Return what a model is trained to answer.

        Args:
            quarters: By which the page is turned.

        Raises:
            Refused: There is no such answer.
        """
        if not sample.answer.strip():
            raise Refused("empty_answer", "there is nothing to learn")
        if sample.question:
            return sample.answer.strip()
        facts = turned_facts(sample.facts, quarters)
        try:
            return self.dialect.target_for(sample.answer, sample.task, page=sample.whole_page, facts=facts)
        except NoTarget as error:
            raise Refused("no_target", str(error)) from error

    def decoded(self, labels: NDArray[np.int64]) -> str:
        """Return what labels say: the answer, and the end mark as the tokenizer writes it."""
        return str(self.preparation.tokenizer.decode(labels[labels != IGNORED].tolist(), skip_special_tokens=False))

    def _check(self, sample: TrainingSample) -> None:
        if sample.status is not Status.OK:
            raise Refused(sample.rule or "not_ok", sample.reason or f"its status is {sample.status}")
        if sample.image is None:
            raise Refused("no_image", "there is no image")
        if min(sample.width, sample.height) < _LEAST_SIDE:
            raise Refused("too_small", f"{sample.width} x {sample.height} pixels are smaller than a letter")
        if sample.width * sample.height > _MOST_PIXELS:
            raise Refused("too_large", f"{sample.width} x {sample.height} pixels; at most {_MOST_PIXELS}")

    def _answer(self, sample: TrainingSample, epoch: int | None) -> list[int]:
        options = self._options
        turn = 0 if epoch is None else quarters_of(sample, options.augmentation, options.seed, epoch)
        ids = self._tokens(self.target(sample, turn))
        if marks := self._marks.intersection(ids):
            names = ", ".join(self.preparation.tokenizer.convert_ids_to_tokens(sorted(marks)))
            raise Refused("mark_in_answer", f"the answer holds marks of the model's own: {names}")
        return [*ids, self.end_id]

    def _prompt(self, sample: TrainingSample) -> tuple[list[int], list[int]]:
        """Return the tokens before and after those of the image."""
        asked = self.prompt(sample)
        if asked not in self._prompts:
            spoken = conversation(asked, image_first=self.dialect.image_first)
            ids = self._tokens(self.preparation.prompt(spoken, 1))
            places = [place for place, token in enumerate(ids) if token == self.preparation.image_id]
            if len(places) != 1:
                raise Refused("mark_in_question", f"the question leaves {len(places)} places for an image, not 1")
            self._prompts[asked] = ids[: places[0]], ids[places[0] + 1 :]
        return self._prompts[asked]

    def _tokens(self, text: str) -> list[int]:
        return list(self.preparation.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _end_mark(self, name: str) -> int:
        """Return the token at which serving stops: the tokenizer's, where generation stops at that one too."""
        from transformers import GenerationConfig

        own = self.preparation.tokenizer.eos_token_id
        try:
            ends: Any = GenerationConfig.from_pretrained(name).eos_token_id
        except OSError:
            ends = own
        stops = [end for end in (ends if isinstance(ends, list) else [ends]) if end is not None]
        if own in stops or (own is not None and not stops):
            return int(own)
        if not stops:
            raise OptionError(f"training.model: {name} has no end mark, in its tokenizer or in generation_config.json")
        return int(stops[0])


def chosen_dialect(options: TrainingOptions, family: Family) -> Dialect:
    """Return the dialect: the option's, what the model's name suggests, or else its family's."""
    found = dialect_of(options.model, options.dialect)
    plain = options.dialect is DialectName.AUTO and found.name == DialectName.CHAT
    return dialect_of(options.model, family.dialect) if plain else found


def fit_of(options: TrainingOptions, dialect: Dialect) -> Fit:
    """Return the sizes that images get: the recognizer's (engine/recognition/vision/recognizer.py)."""
    most = min(dialect.most_pixels, options.max_pixels or dialect.most_pixels)
    return Fit(min(dialect.least_pixels, most), most, dialect.side, options.jpeg_quality)
