"""The model's 25 labels and the project's own."""

from __future__ import annotations

from ocr_project.domain.options import MergeMode, PpDocLayoutOptions
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS
from ocr_project.domain.types import Label

LABELS = {
    "abstract": Label.TEXT,
    "algorithm": Label.CODE,
    "aside_text": Label.TEXT,
    "chart": Label.CHART,
    "content": Label.DOCUMENT_INDEX,  # the table of contents
    "display_formula": Label.FORMULA,
    "doc_title": Label.TITLE,
    "figure_title": Label.CAPTION,
    "footer": Label.PAGE_FOOTER,
    "footer_image": Label.PICTURE,
    "footnote": Label.FOOTNOTE,
    "formula_number": Label.FORMULA_NUMBER,
    "header": Label.PAGE_HEADER,
    "header_image": Label.PICTURE,
    "image": Label.PICTURE,
    "inline_formula": Label.FORMULA,
    "number": Label.PAGE_NUMBER,
    "paragraph_title": Label.SECTION_HEADER,
    "reference": Label.REFERENCE,
    "reference_content": Label.REFERENCE,
    "seal": Label.SEAL,
    "table": Label.TABLE,
    "text": Label.TEXT,
    "vertical_text": Label.TEXT,
    "vision_footnote": Label.FOOTNOTE,
}

# Pairs in the order of the model's classes.
BY_CLASS = tuple((LABELS[native], native) for native in PP_DOCLAYOUT_LABELS)

# Never dropped for lying in another region (PaddleX and the GLM-OCR SDK: apply_layout_postprocess).
PRESERVED = ("image", "seal", "chart")


def class_thresholds(options: PpDocLayoutOptions) -> list[float]:
    """Return the least score of each class."""
    return [options.thresholds.get(native, options.threshold) for native in PP_DOCLAYOUT_LABELS]


def classes_merged(options: PpDocLayoutOptions, mode: MergeMode) -> list[bool]:
    """Say of each class whether it merges by this mode."""
    return [options.merge.get(native, MergeMode.LARGE) is mode for native in PP_DOCLAYOUT_LABELS]
