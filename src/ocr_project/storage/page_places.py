"""Where pages stand in a table, by their ids: some forty bytes a page, of which a dictionary has two hundred."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class PagePlaces:
    """The places of pages, from 0; of an id that stands twice the last one."""

    def __init__(self, parts: Iterable[Iterable[str]]) -> None:
        """Take ids in.

        Args:
            parts: Of the table, in order, so that no list of all ids is made.
        """
        found = [_bytes(part) for part in parts] or [_bytes(())]
        ids = np.concatenate(found)
        self._place = np.argsort(ids, kind="stable").astype(np.int32)
        self._ids = ids[self._place]

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, page_id: object) -> bool:
        return self.find(str(page_id)) >= 0

    def find(self, page_id: str) -> int:
        """Return where a page stands; -1 where it does not."""
        return int(self.find_all((page_id,))[0])

    def find_all(self, page_ids: Iterable[str]) -> NDArray[np.int32]:
        """Return where pages stand, -1 for those that do not."""
        wanted = _bytes(page_ids)
        if not len(self._ids):
            return np.full(len(wanted), -1, np.int32)
        at = np.maximum(np.searchsorted(self._ids, wanted, side="right") - 1, 0)
        return np.where(self._ids[at] == wanted, self._place[at], np.int32(-1))


def _bytes(ids: Iterable[str]) -> NDArray[np.bytes_]:
    return np.array([page_id.encode() for page_id in ids], np.bytes_)
