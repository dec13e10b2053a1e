"""Regions to text.

tesseract.py  the recognizer: languages, segmentation modes, words back on the page
scripts.py    which languages a page is read in
korean.py     Latin words that the Korean model doubts
page_lines.py receipts, and pages of Latin print without Tesseract: regions get their words from lines of the page
pp_ocr.py     the recognizer that has no other way
outcomes.py   recognitions of words, of nothing, of what is not read
table_html.py cells that were read to HTML
crop_places.py  between the pixels of a crop and those of its page
text_layer.py pages whose text layer stands in for OCR, as far as it does
given.py      answers that are there already, of an API or another tool
vision/       vision-language models: the backends vllm and transformers
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.options import RecognitionBackend, RecognitionOptions
from ocr_project.domain.protocols import Recognizer

__all__ = ["build_recognizer"]


def build_recognizer(options: RecognitionOptions, tessdata: Path | None = None) -> Recognizer:
    """Build the recognizer that the options name.

    Args:
        options: Of the stage recognition.
        tessdata: `runtime.tessdata`: the folder of Tesseract's models.

    Raises:
        BackendError: Something that it needs is missing.
    """
    match options.backend:
        case RecognitionBackend.TESSERACT:
            from ocr_project.engine.recognition.tesseract import TesseractRecognizer

            return TesseractRecognizer(options.tesseract, tessdata)
        case RecognitionBackend.VLLM:
            from ocr_project.engine.recognition.vision.vllm import VllmRecognizer

            return VllmRecognizer(options.vllm, options.tasks)
        case RecognitionBackend.TRANSFORMERS:
            from ocr_project.engine.recognition.vision.in_process import TransformersRecognizer

            return TransformersRecognizer(options.transformers, options.tasks)
        case RecognitionBackend.GIVEN:
            from ocr_project.engine.recognition.given import GivenRecognizer

            return GivenRecognizer(options.given)
        case RecognitionBackend.PP_OCR:
            from ocr_project.engine.recognition.pp_ocr import PpOcrRecognizer

            return PpOcrRecognizer(options.pp_ocr)
