"""Why a row failed: because of the document, or of what happened around it.

A reason begins with its code. That of a circumstance says that the same document may well be read another time: its
server was away, its process was killed from outside, its file was out of reach.
"""

from __future__ import annotations

import re
from enum import StrEnum

_CIRCUMSTANCES = frozenset({"timeout", "connection", "protocol", "killed", "away"})
_REFUSED = re.compile(r"server: (400|413|414|415|422)\b")  # what was asked is at fault, and will be each time


class Cause(StrEnum):
    """What a failure is due to."""

    DOCUMENT = "document"
    CIRCUMSTANCE = "circumstance"


def cause_of(reason: str) -> Cause:
    """Return the cause that a row's reason names, also one that an earlier version wrote."""
    code = reason.partition(":")[0]
    if code in _CIRCUMSTANCES or (code == "server" and not _REFUSED.match(reason)):
        return Cause.CIRCUMSTANCE
    return Cause.DOCUMENT
