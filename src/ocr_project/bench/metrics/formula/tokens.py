r"""LaTeX of one formula as tokens: the alphabet in which formulas are compared and coloured.

A token is a command (`\alpha`, `\\`, `\{`), the beginning or end of an environment with its name
(`\begin{matrix}`), or one character. White space is not a token, except within text (`\text{if x}`),
where it is `~`, and in the command `\ `.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

TEXT_COMMANDS = frozenset(
    {"\\text", "\\mbox", "\\hbox", "\\emph", *(f"\\text{kind}" for kind in ("rm", "bf", "it", "sf", "tt", "up", "md"))}
    | {"\\textnormal", "\\textsc"}
)
"""Commands whose argument is text: its spaces are seen."""

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{\s*[A-Za-z]+\*?\s*\}"  # an environment's fences, each one token
    r"|\\[A-Za-z]+\*?|\\[\s\S]|\s+|[\s\S]"
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_DELIMITED = re.compile(r"\$\$([\s\S]*)\$\$|\$([\s\S]*)\$|\\\[([\s\S]*)\\\]|\\\(([\s\S]*)\\\)")
_STARRED = frozenset({"\\operatorname*", "\\hspace*", "\\vspace*", "\\tag*", "\\\\*"})


class Unbalanced(ValueError):
    """Braces do not pair: what a command takes cannot be told."""


def tokenize(latex: str) -> list[str]:
    """Split a formula into tokens.

    Delimiters around the whole (`$`, `$$`, `\\[`, `\\(`) and comments go; a comment sign at the very
    start is taken away alone, since crops of LaTeX sources begin with one (im2markup's rule).

    Args:
        latex: Any text: nothing is refused.

    Returns:
        The tokens in order; joined by spaces they give the same formula again.
    """
    bare = strip_delimiters(_COMMENT.sub(r"\1", latex.strip().removeprefix("%")))
    tokens: list[str] = []
    text_depth = 0
    for match in _TOKEN.finditer(bare):
        token = _tidy(match.group())
        if token == "$":  # one that is left over within: it opens or closes mathematics, and is not ink
            continue
        if token.isspace() and token != "\\ ":
            if text_depth:
                tokens.append("~")
            continue
        if text_depth:
            text_depth += (token == "{") - (token == "}")
        elif token == "{" and tokens and tokens[-1] in TEXT_COMMANDS:
            text_depth = 1
        tokens += _split(token)
    return tokens


def strip_delimiters(latex: str) -> str:
    r"""Take away `$…$`, `$$…$$`, `\[…\]` or `\(…\)` around a whole formula."""
    stripped = latex.strip()
    found = _DELIMITED.fullmatch(stripped)
    return next((inner for inner in found.groups() if inner is not None), "").strip() if found else stripped


def group_end(tokens: Sequence[str], start: int, fences: tuple[str, str] = ("{", "}")) -> int:
    """Find the place of the fence that closes the one at `start`.

    Raises:
        Unbalanced: There is none.
    """
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token == fences[0] and (place == start or fences[0] != fences[1]):
            depth += 1
        elif token == fences[1]:
            depth -= 1
            if depth == 0:
                return place
    raise Unbalanced(f"{fences[0]} is never closed")


def _tidy(token: str) -> str:
    if token.startswith(("\\begin", "\\end")) and token.endswith("}"):
        return "".join(token.split())
    return "\\ " if len(token) == 2 and token[0] == "\\" and token[1].isspace() else token


def _split(token: str) -> list[str]:
    """Part a star from a command that has no starred form: `\\alpha*` is two tokens."""
    if token.startswith(("\\begin", "\\end")) or not (len(token) > 2 and token.endswith("*")) or token in _STARRED:
        return [token]
    return [token[:-1], "*"]
