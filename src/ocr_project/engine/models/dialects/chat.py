"""Any chat model that sees: Qwen3-VL, and whatever speaks OpenAI's protocol. Prompts and forms are this project's."""

from __future__ import annotations

from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects.base import Answers, Dialect, Exchange
from ocr_project.engine.models.dialects.forms import FORMULA_BARE, MARKDOWN, TABLE_HTML, TEXT

_ONLY = "Write nothing else, translate nothing, and add nothing that is not there."
_TABLE = f"Write the table in this image as HTML, with rowspan and colspan where cells span. {_ONLY}"
_PAGE = (
    "Write this page as Markdown in reading order: headings, paragraphs, lists; tables as HTML, formulas as"
    f" LaTeX. {_ONLY}"
)

# Of Qwen3-VL: tokens of 32 x 32 pixels; 4,096 keep a page of A4 at 200 dpi as it is. Others have their own side.
CHAT = Dialect(
    name="chat",
    version=1,
    tasks={
        Task.TEXT: Exchange(f"Read the text in this image, line by line, in reading order. {_ONLY}", TEXT),
        Task.TABLE: Exchange(_TABLE, TABLE_HTML),
        Task.FORMULA: Exchange(f"Write the formula in this image as LaTeX. {_ONLY}", FORMULA_BARE),
    },
    page=Exchange(_PAGE, MARKDOWN),
    least_pixels=12_544,
    most_pixels=4_096 * 32 * 32,
    side=32,
    answers=Answers.ALL,
)
