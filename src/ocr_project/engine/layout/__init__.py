"""From pages to regions in reading order: one file a backend, chosen by `layout.backend`."""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.options import LayoutBackend, LayoutOptions
from ocr_project.domain.protocols import Detector
from ocr_project.engine.layout.known_layout import detect_all

__all__ = ["build_detector", "detect_all"]


def build_detector(options: LayoutOptions, tessdata: Path | None = None) -> Detector:
    """Build the detector that the options name.

    Args:
        options: Of the stage layout.
        tessdata: `runtime.tessdata`: Tesseract's models, which one backend asks which way up a page is.

    Raises:
        BackendError: Something that the backend needs is missing; the message says what.
    """
    match options.backend:
        case LayoutBackend.OPENCV:
            from ocr_project.engine.layout.opencv import OpenCvDetector

            return OpenCvDetector(options.opencv, tessdata)
        case LayoutBackend.WHOLE_PAGE:
            from ocr_project.engine.layout.whole_page import WholePageDetector

            return WholePageDetector()
        case LayoutBackend.PP_DOCLAYOUT_V3:
            from ocr_project.engine.layout.pp_doclayout import PpDocLayoutDetector

            return PpDocLayoutDetector(options.pp_doclayout_v3)
