"""GLM-OCR (`zai-org/GLM-OCR`): one prompt a task, text as lines or Markdown, tables in HTML, formulas in LaTeX."""

from __future__ import annotations

from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects.base import Answers, Dialect, by_task

# Prompts and least pixels are of the model's card and of its preprocessor. Its processor allows 9.6 megapixels, but
# vLLM's encoder cache holds 6,084 tokens of 28 x 28 pixels and refuses what is larger: 6,000 of them.
# Its SDK's repetition_penalty of 1.1 is left out: it loses and invents rows of tables.
GLM_OCR = Dialect(
    name="glm_ocr",
    version=1,
    prompts={
        Task.TEXT: "Text Recognition:",
        Task.TABLE: "Table Recognition:",
        Task.FORMULA: "Formula Recognition:",
    },
    page_prompt="Text Recognition:",
    least_pixels=12_544,
    most_pixels=6_000 * 28 * 28,
    side=28,
    read=by_task,
    answers=Answers.FORMS,  # "Information Extraction" of its card: the prompt is the JSON to fill in
)
