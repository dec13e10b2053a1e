"""olmOCR (`allenai/olmOCR-2-7B-1025`): reads whole pages, and writes YAML front matter before the Markdown.

Qwen3-VL tuned on olmOCR's data is asked and answers the same; its tokens are larger, and so are their sides.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ocr_project.domain.types import PageFacts, Task, TextFormat
from ocr_project.engine.models.dialects.base import Dialect, Exchange, Form, NoTarget, ReadText
from ocr_project.engine.models.dialects.forms import FORMULA_BARE, TABLE_HTML, unknown

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\]\(page_\d+_\d+_\d+_\d+\.png\)\n?")  # names a file that nothing writes

# The prompt that the model was trained with: olmocr 0.4.27, prompts/prompts.py, build_no_anchoring_v4_yaml_prompt.
_PROMPT = (
    "Attached is one page of a document that you must process. Just return the plain text representation of this"
    " document as if you were reading it naturally. Convert equations to LateX and tables to HTML.\n"
    "If there are any figures or charts, label them with the following markdown syntax ![Alt text describing the"
    " contents of the figure](page_startx_starty_width_height.png)\n"
    "Return your output as markdown, with a front matter section on top specifying values for the primary_language,"
    " is_rotation_valid, rotation_correction, is_table, and is_diagram parameters."
)
_REGIONS = "olmOCR is trained on whole pages; how it would write a table or a formula alone is not published"


def _body(answer: str) -> str:
    return _without_pictures(_FRONT_MATTER.sub("", answer))


def _without_pictures(text: str) -> str:
    return _PICTURE.sub("", text).strip()


def _write(text: str, facts: PageFacts | None) -> str:
    """Write a page as olmocr 0.4.27 trains it (train/dataloader.py, FrontMatterOutputFormat): stripped as a whole."""
    if facts is None:
        raise NoTarget("olmOCR's answer begins with facts about the page: give them, they are not guessed")
    front = {
        "primary_language": facts.language,
        "is_rotation_valid": facts.rotation_valid,
        "rotation_correction": facts.rotation,
        "is_table": facts.table,
        "is_diagram": facts.diagram,
    }
    lines = (f"{name}: {value}\n" for name, value in front.items())
    return f"---\n{''.join(lines)}---\n{text if text.strip() else ''}".strip()


_PAGE = Form(lambda answer: ReadText(_body(answer), TextFormat.MARKDOWN), _write, _without_pictures)


def _after_front_matter(form: Form) -> Form:
    return Form(lambda answer: form.read(_body(answer)), form.write, form.normal)


# Pages are 1,288 pixels along their longer side (olmocr/pipeline.py, target_longest_image_dim): 1.2 megapixels of A4.
OLMOCR = Dialect(
    name="olmocr",
    version=1,
    tasks={
        Task.TEXT: Exchange(_PROMPT, _PAGE),
        Task.TABLE: Exchange(_PROMPT, unknown(_after_front_matter(TABLE_HTML), _REGIONS)),
        Task.FORMULA: Exchange(_PROMPT, unknown(_after_front_matter(FORMULA_BARE), _REGIONS)),
    },
    page=Exchange(_PROMPT, _PAGE),
    least_pixels=12_544,
    most_pixels=1_288 * 911,
    side=28,
    image_first=False,
)

# Tokens of 32 x 32 pixels, where Qwen2.5-VL has 28 x 28: the same page is a quarter fewer of them.
OLMOCR_QWEN3_VL = replace(OLMOCR, name="olmocr_qwen3_vl", side=32)
