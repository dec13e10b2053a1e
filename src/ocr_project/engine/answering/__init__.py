"""Questions about a page to answers.

label_neighbour/  the laptop's own baseline: the words beside a field's label
vision/           vision-language models: the backends vllm and transformers
given.py          answers that are there already
rows.py           the rows of questions that are not asked
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.options import FieldsBackend, FieldsOptions
from ocr_project.domain.protocols import Answerer
from ocr_project.storage.given_text import read_given

__all__ = ["build_answerer"]


def build_answerer(options: FieldsOptions, tessdata: Path | None = None) -> Answerer:
    """Build the answerer that the options name.

    Args:
        options: Of the pipeline fields.
        tessdata: `runtime.tessdata`: the folder of Tesseract's models.

    Raises:
        BackendError: Something that it needs is missing.
        OptionError: Options do not fit together.
        SourceError: A file that they name cannot be read.
    """
    if options.image is not None:
        from ocr_project.engine.answering.vision.contained import ContainedAnswerer

        return ContainedAnswerer(options, _system(options))
    match options.backend:
        case FieldsBackend.LABEL_NEIGHBOUR:
            from ocr_project.engine.answering.label_neighbour.answerer import LabelNeighbourAnswerer

            return LabelNeighbourAnswerer(options.label_neighbour, options.max_pixels, tessdata)
        case FieldsBackend.VLLM:
            from ocr_project.engine.answering.vision.vllm import VllmAnswerer

            return VllmAnswerer(options.vllm, options.max_pixels, _system(options))
        case FieldsBackend.TRANSFORMERS:
            from ocr_project.engine.answering.vision.in_process import TransformersAnswerer

            return TransformersAnswerer(options.transformers, options.max_pixels, _system(options))
        case FieldsBackend.GIVEN:
            from ocr_project.engine.answering.given import GivenAnswerer

            return GivenAnswerer(options.given)


def _system(options: FieldsOptions) -> str:
    return "" if options.system is None else read_given(options.system).strip()
