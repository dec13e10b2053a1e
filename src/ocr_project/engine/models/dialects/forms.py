"""The forms that several models share: text, Markdown, tables in HTML, formulas in LaTeX. All are read leniently."""

from __future__ import annotations

import re

from ocr_project.domain.types import PageFacts, TextFormat
from ocr_project.engine.models.dialects.base import Form, NoTarget, ReadText
from ocr_project.engine.models.dialects.otsl import html_to_otsl, is_otsl, otsl_to_html, plain_html

_TABLE = re.compile(r"<table\b.*", re.DOTALL | re.IGNORECASE)
_FORMULA_MARKS = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))


def unknown(form: Form, why: str) -> Form:
    """Return a form that is read and not written.

    Args:
        form: How answers are read.
        why: What is not known; the message of `NoTarget`.
    """

    def write(text: str, facts: PageFacts | None) -> str:
        raise NoTarget(why)

    return Form(form.read, write, form.normal)


def read_table(answer: str) -> ReadText:
    """Read a table in HTML or in Markdown's pipes; text where it is neither."""
    if found := _TABLE.search(answer):
        return ReadText(_from_table_on(found[0]), TextFormat.HTML)
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if len(lines) > 1 and "|" in lines[0] and set(lines[1]) <= set("|-: "):
        return ReadText("\n".join(lines), TextFormat.MARKDOWN)
    return ReadText(answer.strip(), TextFormat.TEXT)


def bare_formula(answer: str) -> str:
    """Take the delimiters off a formula."""
    text = answer.strip()
    for start, end in _FORMULA_MARKS:
        if len(text) > len(start) + len(end) and text.startswith(start) and text.endswith(end):
            inner = text[len(start) : -len(end)].strip()
            return text if start in inner else inner
    return text


def _from_table_on(text: str) -> str:
    end = text.lower().rfind("</table>")
    return text[: end + len("</table>")] if end >= 0 else text.strip()


def _read_text(answer: str) -> ReadText:
    return ReadText(answer.strip(), TextFormat.TEXT)


def _read_markdown(answer: str) -> ReadText:
    return ReadText(answer.strip(), TextFormat.MARKDOWN)


def _read_formula(answer: str) -> ReadText:
    return ReadText(bare_formula(answer), TextFormat.LATEX)


def _read_otsl(answer: str) -> ReadText:
    return ReadText(otsl_to_html(answer), TextFormat.HTML) if is_otsl(answer) else read_table(answer)


def _as_it_is(text: str, facts: PageFacts | None) -> str:
    return text.strip()


def _write_html(text: str, facts: PageFacts | None) -> str:
    if read_table(text).format is not TextFormat.HTML:
        raise NoTarget("not a table in HTML: it has no <table>")
    return text.strip()


def _write_otsl(text: str, facts: PageFacts | None) -> str:
    return html_to_otsl(text)


def _write_bare(text: str, facts: PageFacts | None) -> str:
    return bare_formula(text)


def _write_bracketed(text: str, facts: PageFacts | None) -> str:
    return f"\\[{bare_formula(text)}\\]"


TEXT = Form(_read_text, _as_it_is)
MARKDOWN = Form(_read_markdown, _as_it_is)
TABLE_HTML = Form(read_table, _write_html)  # the ground truth's own HTML, without space around it
TABLE_OTSL = Form(_read_otsl, _write_otsl, plain_html)
FORMULA_BARE = Form(_read_formula, _write_bare, bare_formula)
FORMULA_BRACKETED = Form(_read_formula, _write_bracketed, bare_formula)  # \[ … \]
