"""LaTeX as plain characters where it looks like LaTeX that can be read; as it is where it does not."""

from __future__ import annotations

import re

from ocr_project.bench.metrics.plain_latex import latex_to_text

_ENVIRONMENT = re.compile(r"\\(begin|end)\{([^{}]+)\}")
_SIGNAL = re.compile(r"\\[A-Za-z]+|[_^{}$]|\\[\[\]()]]|&|%|#")
_WORD = re.compile(r"[A-Za-z]{3,}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_PAIRS = [(re.compile(left), re.compile(right)) for left, right in ((r"\\\(", r"\\\)"), (r"\\\[", r"\\\]"))]
_LEFT, _RIGHT = re.compile(r"\\left\b"), re.compile(r"\\right\b")
_DOLLAR = re.compile(r"(?<!\\)\$")
_MATH = (
    *(r"\frac", r"\sqrt", r"\left", r"\right", r"\begin", r"\end", r"\sum", r"\int", r"\alpha", r"\beta"),
    *"{}$^_",
)
_LONGEST = 8000


def to_characters(latex: str) -> str:
    """Write a formula as the characters that it shows; what is prose, too weak or broken stays as it is."""
    text = latex.strip()
    if not text:
        return latex
    if not any(sign in text for sign in "\\{}$"):
        return text
    if _is_prose(text) or _is_weak(text) or is_broken(text):
        return latex
    shown = latex_to_text(text)
    return latex if shown is None else shown


def is_broken(text: str) -> bool:
    """Tell whether braces, environments or delimiters do not pair up."""
    if len(text) > _LONGEST or not _braces_pair(text) or not _environments_pair(text):
        return True
    if len(_LEFT.findall(text)) != len(_RIGHT.findall(text)) or len(_DOLLAR.findall(text)) % 2:
        return True
    return any(len(left.findall(text)) != len(right.findall(text)) for left, right in _PAIRS)


def _is_prose(text: str) -> bool:
    if len(text) < 32 or len(_SIGNAL.findall(text)) > 2 or any(sign in text for sign in _MATH):
        return False
    return len(_WORD.findall(text)) >= 6 and text.count(" ") >= 5


def _is_weak(text: str) -> bool:
    commands, words = len(_COMMAND.findall(text)), len(_WORD.findall(text))
    signs = sum(sign in "{}$^_=&%#" for sign in text)
    if not commands and (text == "\\\\" or (text.endswith("\\") and not text.endswith("\\\\"))):
        return True
    if not commands and not signs and "\\" in text:
        return True
    return (words >= 2 and not commands and signs <= 1) or (words >= 4 and commands <= 1 and signs <= 2)


def _braces_pair(text: str) -> bool:
    depth = place = 0
    while place < len(text):
        if text[place] == "\\" and text[place + 1 : place + 2] in ("{", "}", "[", "]", "(", ")"):
            place += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth < 0:
            return False
        place += 1
    return depth == 0


def _environments_pair(text: str) -> bool:
    opened: list[str] = []
    for kind, name in _ENVIRONMENT.findall(text):
        if kind == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened
