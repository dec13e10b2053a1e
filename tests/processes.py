"""Processes that a test has started, also those that end while they are looked at."""

from __future__ import annotations

from contextlib import suppress

import psutil


def children(of: str, *, recursive: bool = False) -> list[psutil.Process]:
    """Return the living children of this process whose command line has a text, the oldest first.

    Args:
        of: The text.
        recursive: Whether theirs count too.
    """
    found = []
    for child in psutil.Process().children(recursive=recursive):
        with suppress(psutil.NoSuchProcess):  # it has ended since, or nobody has waited for it yet
            if of in " ".join(child.cmdline()):
                found.append(child)
    return sorted(found, key=lambda child: child.create_time())
