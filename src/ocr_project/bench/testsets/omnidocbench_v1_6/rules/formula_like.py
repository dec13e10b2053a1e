"""What looks like a formula, and what does not."""

from __future__ import annotations

import re

from ocr_project.bench.testsets.omnidocbench_v1_6.rules.guards import to_characters

_WRAPPED = [
    re.compile(pattern, re.DOTALL) for pattern in (r"\$\$(.*?)\$\$", r"\\\[(.*?)\\\]", r"\\\((.*?)\\\)", r"\$(.*?)\$")
]
_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_DISPLAY = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]", re.DOTALL)
_OPERATOR = re.compile(
    r"\\frac|\\sqrt|\\sum|\\int|\\prod|\\times|\\div|\\square|\\cdots|\\left|\\right|\\approx|\\xrightarrow|"
    r"\\rightarrow|\\longrightarrow|[=<>≤≥≈÷×±∑∫√→^_□△…%/+\-]"
)
_NOT_WORDS = re.compile(r"\\[A-Za-z]+|[=<>≤≥÷×±∑∫√^_□△…%/()+\-]|\d|\s")
_HAN, _LONG_WORD = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{4,}")
_SIGNS = (
    *(("……", r" \cdots \cdots "), ("…", r" \cdots "), ("×", r" \times "), ("÷", r" \div "), ("≤", r" \leq ")),
    *(("≥", r" \geq "), ("≠", r" \neq "), ("≈", r" \approx "), ("□", r" \square "), ("△", r" \triangle ")),
    *(("（", "("), ("）", ")"), ("［", "["), ("］", "]"), ("｛", "{"), ("｝", "}")),
)
_ARROW = re.compile(r"(?P<left>.*?)\\xrightarrow\s*\{(?P<label>[^{}]+)\}(?P<right>.*)")
_LONG_ARROWS = (r"\xrightarrow", r"\longrightarrow")
_REDOX = "氧化还原反应"
_ARITHMETIC = ("=", "+", "-", "×", "÷", "/", "≈", r"\times", r"\div", r"\approx")
_RELATIONS = ("=", r"\approx", "≈", r"\neq", "≠", r"\leq", "≤", r"\geq", "≥")
_FRACTION = re.compile(r"\d+\s*/\s*\d+")
_NO_ARITHMETIC = re.compile(r"\\(mathbf|left|right|cdot|lambda|Gamma|varGamma|text|matrix|pmatrix|bmatrix)")
_STRONG = (
    *("=", "<", ">", "≤", "≥", "≈", "≠", "^", "+", "-", "/", r"\cdot", r"\frac", r"\sqrt", r"\sum", r"\int"),
    *(r"\times", r"\div", r"\approx", r"\neq", r"\leq", r"\geq", r"\xrightarrow", r"\longrightarrow"),
)
_LABEL = re.compile(r"[A-Za-z0-9._,-]+|[ΓγλμνxyzuvwMNOabcABC0-9._,-]+")
_NUMERAL = re.compile(r"[0-9IVXivx]+")
_MATH = re.compile(r"\\[A-Za-z]+|[=<>≤≥÷×±∑∫√_^{}]")


def is_formula_like(text: str) -> bool:
    """Tell whether a text might be a formula, by its operators, digits and words."""
    text = " ".join(text.split())
    bare = _unwrap(text)
    compact = re.sub(r"\s+", "", bare)
    if not compact or len(text) > 220:
        return False
    operators, digits = len(_OPERATOR.findall(bare)), bool(re.search(r"\d", bare))
    han, words = len(_HAN.findall(bare)), len(_LONG_WORD.findall(bare))
    marked = bool(_INLINE.search(text) or _DISPLAY.search(text))
    if marked and operators and len(_NOT_WORDS.sub("", bare)) <= 18:
        return True
    if ("□" in bare or "\\square" in bare) and operators and words <= 1 and len(compact) <= 80:
        return True
    if (
        any(arrow in bare for arrow in ("\\xrightarrow", "\\longrightarrow", "→"))
        and han <= 24
        and len(compact) <= 120
    ):
        return True
    if operators >= 2 and digits and words <= 2 and han <= 12 and len(compact) <= 100:
        return True
    return operators >= 3 and not words and han <= 18 and len(compact) <= 80


def as_formula(text: str) -> str:
    """Write a text as a displayed formula; empty where nothing is left of it."""
    text = _unwrap(" ".join(text.replace("\u3000", " ").split()))
    for sign, latex in _SIGNS:
        text = text.replace(sign, latex)
    arrow = _ARROW.search(text)
    if arrow:
        text = _write_arrow(*(part.strip() for part in arrow.group("left", "label", "right")))
    text = re.sub(r"(?<!\\)&", r"\\&", re.sub(r"(?<!\\)%", r"\\%", text))
    text = re.sub(r"\s+", " ", text).strip()
    return text if not text or text.startswith((r"\begin{", "$$", r"\[")) else rf"\[ {text} \]"


def _write_arrow(left: str, label: str, right: str) -> str:
    if label and "\\" not in label:
        label = rf"\text{{{label}}}"
    if right.endswith(_REDOX):
        right = right[: -len(_REDOX)].strip()
        return rf"{left} \underset{{{_REDOX}}}{{\xrightarrow{{{label}}}}} {right}".strip()
    return rf"{left} \xrightarrow{{{label}}} {right}".strip()


def looks_like_arithmetic(text: str) -> bool:
    """Tell whether a cell of a table holds a calculation."""
    if len(text) > 120 or not is_formula_like(text):
        return False
    return any(sign in text for sign in _ARITHMETIC) and _has_numbers(text)


def is_compound(text: str) -> bool:
    """Tell whether a part of a line is an equation of its own."""
    text = " ".join(text.split())
    if not text or len(text) > 160 or "\\begin{" in text or "\\end{" in text or _NO_ARITHMETIC.search(text):
        return False
    return any(sign in text for sign in _RELATIONS) and _has_numbers(text)


def _has_numbers(text: str) -> bool:
    return len(re.findall(r"\d", text)) >= 2 or "\\frac" in text or bool(_FRACTION.search(text))


def is_label(latex: str) -> bool:
    """Tell whether an inline formula is a short name or number, which is not matched as a formula."""
    core = _unwrap(latex.strip())
    compact = re.sub(r"\s+", "", core)
    if compact.startswith(_LONG_ARROWS):
        return True
    if not compact or len(compact) > 24 or any(sign in core for sign in _STRONG):
        return False
    return bool(_LABEL.fullmatch(compact))


def holds_caption(latex: str) -> bool:
    """Tell whether what stands behind a formula is words about it."""
    shown = plain(latex)
    letters, words = len(re.findall(r"[A-Za-z]", shown)), len(re.findall(r"[A-Za-z]{2,}", shown))
    core = shown[1:-1].strip() if shown.startswith("(") and shown.endswith(")") else shown
    if not shown or _NUMERAL.fullmatch(core.replace(" ", "")):
        return False
    signs = len(_MATH.findall(latex))
    if letters >= 10 and words >= 2 and signs <= 6:
        return True
    return letters >= 14 and not re.search(r"\d", shown) and signs <= 3


def plain(latex: str) -> str:
    """Write a piece of LaTeX as characters, blanks collapsed."""
    return re.sub(r"\s+", " ", to_characters(latex.strip()).replace("\xa0", " ")).strip()


def _unwrap(text: str) -> str:
    for pattern in _WRAPPED:
        text = pattern.sub(r" \1 ", text)
    return text
