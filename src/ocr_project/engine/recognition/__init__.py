"""Regions to text.

tesseract.py  the recognizer: languages, segmentation modes, words back on the page
reader.py     one Tesseract instance a thread
scripts.py    which languages a page is read in
cells.py      rows and columns of words to HTML
vision/       vision-language models: the backends vllm and transformers
"""

from __future__ import annotations

from ocr_project.domain.options import RecognitionBackend, RecognitionOptions
from ocr_project.domain.protocols import Recognizer

__all__ = ["build_recognizer"]


def build_recognizer(options: RecognitionOptions) -> Recognizer:
    """Build the recognizer that the options name.

    Raises:
        BackendError: Something that it needs is missing.
    """
    match options.backend:
        case RecognitionBackend.TESSERACT:
            from ocr_project.engine.recognition.tesseract import TesseractRecognizer

            return TesseractRecognizer(options.tesseract)
        case RecognitionBackend.VLLM:
            from ocr_project.engine.recognition.vision.vllm import VllmRecognizer

            return VllmRecognizer(options.vllm, options.tasks)
        case RecognitionBackend.TRANSFORMERS:
            from ocr_project.engine.recognition.vision.in_process import TransformersRecognizer

            return TransformersRecognizer(options.transformers, options.tasks)
