"""Markdown that may be shown: what a model wrote runs nothing, loads nothing and leads nowhere.

A page of paper has no links and no scripts. A model's answer may: it repeats what stands on the page, and a page may
be made for that. What is scored stays as the model wrote it; this is for exports and for what is published.

Kept: text, tables (their tags with spans and nothing else), formulas, code, and links to our own crops. Every other
tag becomes text, and so does every link, whatever it leads to; an address stays readable. No renderer is relied on:
nothing is taken for harmless because it seems to stand in a formula, or in code that is not fenced from the margin.
"""

from __future__ import annotations

import re

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>table|thead|tbody|tfoot|tr|th|td|caption|br|sup|sub|b|i|u)(?P<rest>(?:[\s/][^<>]*)?)>",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b(rowspan|colspan)\s*=\s*[\"']?(\d{1,4})\b", re.IGNORECASE)
_CROP = re.compile(r"!\[[a-z_]+\]\(crops/\w+\.png\)")
# CommonMark, 4.5: from the margin, after an empty line, so that no block of HTML is open, to a fence that closes it
_FENCED = re.compile(
    r"(?:\A|(?<=\n\n))(?P<fence>(?P<sign>[`~])(?P=sign){2,})[^`~\n]*\n(?:.*?\n)??"
    r" {0,3}(?P=fence)(?P=sign)*[ \t]*(?=\n|\Z)",
    re.DOTALL,
)
_MAY_FENCE = ("```", "~~~")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_BEGINS = re.compile(r"(\\*)<(?=[A-Za-z/!?])")
_LINKS = re.compile(r"(?<!\\)((?:\\\\)*)\](?=[(\[:])")  # [text](to), [text][name], [name]: to


def safe_markdown(text: str) -> str:
    """Return Markdown in which nothing but text, tables, formulas, code and our crops is left."""
    if not any(sign in text for sign in "<]"):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts: list[str] = []
    at = 0
    for fenced in _FENCED.finditer(text):
        before = text[at : fenced.start()]
        if any(sign in before for sign in _MAY_FENCE):  # a renderer may see a fence there, and code where we see none
            break
        parts += [_prose(before), fenced.group()]
        at = fenced.end()
    return "".join([*parts, _prose(text[at:])])


def _prose(text: str) -> str:
    parts: list[str] = []
    at = 0
    for formula in _FORMULA.finditer(text):  # `&lt;` would be an alignment there, a space changes nothing
        parts += [_plain(text[at : formula.start()], "&lt;"), _plain(formula.group(), "< ")]
        at = formula.end()
    return "".join([*parts, _plain(text[at:], "&lt;")])


def _plain(text: str, sign: str) -> str:
    """Take out what is more than text, apart from the tags and links that are ours.

    Args:
        text: No fenced code.
        sign: Stands in the place of the `<` of a tag.
    """
    parts: list[str] = []
    at = 0
    kept = sorted([*_TAG.finditer(text), *_CROP.finditer(text)], key=lambda found: found.start())
    for found in kept:
        parts += [_escaped(text[at : found.start()], sign), _again(found)]
        at = found.end()
    return "".join([*parts, _escaped(text[at:], sign)])


def _escaped(text: str, sign: str) -> str:
    text = _BEGINS.sub(lambda found: "\\" * (len(found[1]) // 2 * 2) + sign, text)
    return _LINKS.sub(r"\1\\]", text)


def _again(found: re.Match[str]) -> str:
    """Write a tag anew, with its spans; a link to a crop as it is."""
    if found.re is _CROP:
        return found.group()
    spans = (
        "" if found["end"] else "".join(f' {name.lower()}="{number}"' for name, number in _SPAN.findall(found["rest"]))
    )
    return f"<{found['end']}{found['name'].lower()}{spans}>"
