"""GLM-OCR (`zai-org/GLM-OCR`): one prompt for each task; text as lines or Markdown, tables in HTML, LaTeX."""

from __future__ import annotations

from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects.base import Answers, Dialect, Exchange
from ocr_project.engine.models.dialects.forms import FORMULA_BARE, MARKDOWN, TABLE_HTML, TEXT, unknown

# Its SDK takes $$, \[ and \( off formulas alike (result_formatter.py), and neither card nor SDK says which it writes.
_FORMULA = unknown(FORMULA_BARE, "in which delimiters GLM-OCR was trained to write formulas is not published")

# Prompts and least pixels are of the model's card and of its preprocessor. Its processor allows 9.6 megapixels, but
# vLLM's encoder cache holds 6,084 tokens of 28 x 28 pixels and refuses what is larger: 6,000 of them.
# Its SDK's repetition_penalty of 1.1 is left out: it loses and invents rows of tables.
GLM_OCR = Dialect(
    name="glm_ocr",
    version=1,
    tasks={
        Task.TEXT: Exchange("Text Recognition:", TEXT),
        Task.TABLE: Exchange("Table Recognition:", TABLE_HTML),
        Task.FORMULA: Exchange("Formula Recognition:", _FORMULA),
    },
    page=Exchange("Text Recognition:", MARKDOWN),
    least_pixels=12_544,
    most_pixels=6_000 * 28 * 28,
    side=28,
    answers=Answers.FORMS,  # "Information Extraction" of its card: the prompt is the JSON to fill in
)
