"""What is done with a region, by the detector's own label."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ocr_project.domain.types import Label, Region, Task

# In the order of the model's classes: PaddleOCR's label list of PP-DocLayoutV3, also in the GLM-OCR SDK's id2label.
PP_DOCLAYOUT_LABELS = (
    "abstract",
    "algorithm",
    "aside_text",
    "chart",
    "content",
    "display_formula",
    "doc_title",
    "figure_title",
    "footer",
    "footer_image",
    "footnote",
    "formula_number",
    "header",
    "header_image",
    "image",
    "inline_formula",
    "number",
    "paragraph_title",
    "reference",
    "reference_content",
    "seal",
    "table",
    "text",
    "vertical_text",
    "vision_footnote",
)

_BY_TASK: Mapping[Task, tuple[str, ...]] = {
    # PP-DocLayoutV3's 25 labels, as the GLM-OCR SDK 0.1.5 maps them (its config.yaml, label_task_mapping).
    Task.TEXT: (
        "abstract",
        "algorithm",
        "content",
        "doc_title",
        "figure_title",
        "formula_number",
        "paragraph_title",
        "reference_content",
        "text",
        "vertical_text",
        "vision_footnote",
    ),
    Task.TABLE: ("table", "ruled_table"),  # the second is the detector opencv's
    Task.FORMULA: ("display_formula", "inline_formula"),
    Task.SEAL: ("seal",),
    Task.IMAGE: ("chart", "image", "picture"),  # the last is the detector opencv's
    Task.DROP: (
        "aside_text",
        "footer",
        "footer_image",
        "footnote",
        "header",
        "header_image",
        "number",
        "reference",  # the list around the entries, which are reference_content
    ),
}

DEFAULT_TASKS: Mapping[str, Task] = MappingProxyType(
    {native: task for task, natives in _BY_TASK.items() for native in natives}
)

_BY_LABEL: Mapping[Label, Task] = {
    Label.TABLE: Task.TABLE,
    Label.FORMULA: Task.FORMULA,
    Label.PICTURE: Task.IMAGE,
    Label.CHART: Task.IMAGE,
}


def task_of(region: Region, overrides: Mapping[str, Task] = MappingProxyType({})) -> Task:
    """Say what a recognizer is to do with a region.

    Args:
        region: Only its labels are looked at.
        overrides: By native label (`recognition.tasks`); they go before `DEFAULT_TASKS`.

    Returns:
        Where neither names the native label: what the project's own label suggests, `text` for most.
    """
    native = region.native_label
    found = overrides.get(native) or DEFAULT_TASKS.get(native)
    return found or _BY_LABEL.get(region.label, Task.TEXT)
