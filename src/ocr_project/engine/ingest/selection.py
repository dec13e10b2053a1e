"""Which paths `ingest.include` takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ocr_project.domain.errors import OptionError


class Selection:
    """Glob patterns over relative paths: `*` and `?` stay within a folder, `**/` is any number of folders.

    Raises:
        OptionError: A pattern that means nothing, such as `[z-a]`.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [_compile(pattern) for pattern in patterns]

    def takes(self, path: str) -> bool:
        """Say whether any pattern matches the whole path (NFC, forward slashes)."""
        return any(pattern.fullmatch(path) for pattern in self._patterns)


# pathlib reads `**/` as exactly one folder before Python 3.13, and fnmatch lets `*` cross folders.
_TOKEN = re.compile(
    r"(?P<folders>\*\*/)|(?P<all>\*\*)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[[^/\]]+\])|(?P<plain>.)", re.S
)
_SPECIAL_IN_SETS = re.compile(r"[\\\[&|~]")  # the latter four: of sets of sets, which `re` warns that it will have
_MEANING = {"folders": "(?:[^/]+/)*", "all": ".*", "star": "[^/]*", "one": "[^/]"}


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(_translate(unicodedata.normalize("NFC", pattern)), re.DOTALL)
    except re.error as error:
        raise OptionError(f"ingest.include: {pattern!r} is not a glob pattern ({error})") from error


def _translate(pattern: str) -> str:
    parts = []
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup or "plain"
        if kind == "set":
            inside = _SPECIAL_IN_SETS.sub(r"\\\g<0>", token.group()[1:-1]).replace("--", r"-\-")
            parts.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
        else:
            parts.append(_MEANING.get(kind) or re.escape(token.group()))
    return "".join(parts)
