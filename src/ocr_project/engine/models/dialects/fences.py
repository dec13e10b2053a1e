"""The fence of Markdown that chat models put around an answer."""

from __future__ import annotations

import re

_FENCED = re.compile(r"\A\s*(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<body>.*?)(?:\n\s*(?P=fence)\s*)?\Z", re.DOTALL)


def unfenced(answer: str) -> str:
    """Take the fence off an answer that is one fenced block, also where its end was cut."""
    found = _FENCED.match(answer)
    if found is None or found["fence"] in found["body"]:
        return answer
    return found["body"]
