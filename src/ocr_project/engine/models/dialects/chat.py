"""Any chat model that sees: Qwen3-VL, and whatever speaks OpenAI's protocol."""

from __future__ import annotations

from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects.base import Answers, Dialect, by_task

_ONLY = "Write nothing else, translate nothing, and add nothing that is not there."

# Of Qwen3-VL: tokens of 32 x 32 pixels, at least 256 of them; 4,096 keep a page of A4 at 200 dpi as it is.
CHAT = Dialect(
    name="chat",
    version=1,
    prompts={
        Task.TEXT: f"Read the text in this image, line by line, in reading order. {_ONLY}",
        Task.TABLE: f"Write the table in this image as HTML, with rowspan and colspan where cells span. {_ONLY}",
        Task.FORMULA: f"Write the formula in this image as LaTeX. {_ONLY}",
    },
    page_prompt=(
        "Write this page as Markdown in reading order: headings, paragraphs, lists; tables as HTML, formulas as"
        f" LaTeX. {_ONLY}"
    ),
    least_pixels=12_544,
    most_pixels=4_096 * 32 * 32,
    side=32,
    read=by_task,
    answers=Answers.ALL,
)
