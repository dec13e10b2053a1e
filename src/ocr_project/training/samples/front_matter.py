"""The front matter of olmOCR's Markdown: five facts about a page, read as olmOCR's own parser reads them.

It is written without quotes (prepare_olmocrmix.py), so that YAML takes the language `no`, Norwegian, for false; the
official parser makes that None, and so does this one: models were trained so. `None` stays a word, which is None, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ocr_project.domain.types import PageFacts
from ocr_project.training.samples.source import Refused

_NAMES = ("primary_language", "is_rotation_valid", "rotation_correction", "is_table", "is_diagram")
# YAML 1.1, as PyYAML resolves plain scalars
_BOOLS = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NULLS = ("", "~", "null", "Null", "NULL")
_LINE = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*?))?[ \t]*$")
_NAME = re.compile(r"[^\W\d_][\w -]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*$")


def split_front_matter(content: str) -> tuple[PageFacts, str]:
    """Split a page's Markdown into facts and text.

    Returns:
        The text without space around it; empty for a blank page.

    Raises:
        Refused: There is no front matter, a fact is missing, unknown or cannot be; the rule is `front_matter`.
    """
    end = content.find("\n---", 4) if content.startswith("---\n") else -1
    if end < 0:
        raise Refused("front_matter", "the file does not begin with front matter between lines of ---")
    found = _read(content[4:end])
    if missing := [name for name in _NAMES if name not in found]:
        raise Refused("front_matter", f"{', '.join(missing)} is missing")
    if foreign := sorted(set(found) - set(_NAMES)):
        raise Refused("front_matter", f"{', '.join(foreign)} is not one of olmOCR's names")
    facts = PageFacts(
        language=_language(found["primary_language"]),
        rotation_valid=_flag("is_rotation_valid", found),
        rotation=_rotation(found["rotation_correction"]),
        table=_flag("is_table", found),
        diagram=_flag("is_diagram", found),
    )
    return facts, content[end + 4 :].strip()


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise Refused("front_matter", f"this is not `name: value`: {line[:80]!r}")
        found[match[1]] = _scalar(_COMMENT.sub("", match[2] or "").strip())
    return found


def _scalar(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in _BOOLS:
        return _BOOLS[text]
    if text in _NULLS:
        return None
    return int(text) if re.fullmatch(r"[-+]?\d{1,9}", text) else text


def _language(value: Any) -> str | None:
    if value in (None, "", "None") or isinstance(value, bool):
        return None
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Refused("front_matter", f"primary_language is {value!r}, which names no language")
    return value


def _flag(name: str, found: Mapping[str, Any]) -> bool:
    value = found[name]
    if isinstance(value, str) and value.lower() in ("true", "false"):  # within quotes
        return value.lower() == "true"
    if not isinstance(value, bool):  # the official parser takes any other text for false
        raise Refused("front_matter", f"{name} is {value!r}, neither true nor false")
    return value


def _rotation(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or number not in (0, 90, 180, 270):
        raise Refused("front_matter", f"rotation_correction is {value!r}; it is one of 0, 90, 180 and 270")
    return int(number)
