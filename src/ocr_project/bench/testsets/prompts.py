"""What is asked where a set says what is to be found, but not in which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SHORT_ANSWER = "Answer the question using a single word or phrase."


def fields_question(fields: Mapping[str, Any]) -> str:
    """Ask for fields as JSON: the form in which models that were made for forms are asked.

    Args:
        fields: The truth; its names are shown, its values are not.
    """
    form = json.dumps(_blank(fields), ensure_ascii=False, indent=1)
    return (
        "Write down the information in this image, as it is printed there, in the following JSON format. Leave empty"
        f" what is not there, and write nothing else:\n{form}"
    )


def _blank(value: Any) -> Any:
    """Empty all values; of a list one entry is left to show its form."""
    if isinstance(value, Mapping):
        return {key: _blank(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_blank(value[0])] if value else []
    return ""
