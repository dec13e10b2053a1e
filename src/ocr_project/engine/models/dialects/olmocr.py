"""olmOCR (`allenai/olmOCR-2-7B-1025`): reads whole pages, and writes YAML front matter before the Markdown."""

from __future__ import annotations

import re

from ocr_project.domain.types import Task, TextFormat
from ocr_project.engine.models.dialects.base import Dialect, Written, by_task

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\]\(page_\d+_\d+_\d+_\d+\.png\)\n?")  # names a file that nobody writes

# The prompt that the model was trained with: olmocr 0.4.27, prompts/prompts.py, build_no_anchoring_v4_yaml_prompt.
_PROMPT = (
    "Attached is one page of a document that you must process. Just return the plain text representation of this"
    " document as if you were reading it naturally. Convert equations to LateX and tables to HTML.\n"
    "If there are any figures or charts, label them with the following markdown syntax ![Alt text describing the"
    " contents of the figure](page_startx_starty_width_height.png)\n"
    "Return your output as markdown, with a front matter section on top specifying values for the primary_language,"
    " is_rotation_valid, rotation_correction, is_table, and is_diagram parameters."
)


def _read(answer: str, task: Task, page: bool) -> Written:
    body = _PICTURE.sub("", _FRONT_MATTER.sub("", answer)).strip()
    return Written(body, TextFormat.MARKDOWN) if task is Task.TEXT else by_task(body, task, page)


# Pages are 1,288 pixels along their longer side (olmocr/pipeline.py, target_longest_image_dim): 1.2 megapixels of A4.
OLMOCR = Dialect(
    name="olmocr",
    version=1,
    prompts={Task.TEXT: _PROMPT, Task.TABLE: _PROMPT, Task.FORMULA: _PROMPT},
    page_prompt=_PROMPT,
    least_pixels=12_544,
    most_pixels=1_288 * 911,
    side=28,
    read=_read,
    image_first=False,
)
