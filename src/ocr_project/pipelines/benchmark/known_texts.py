"""What pages really say, looked up in the table of references: no second copy of its texts is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd


class KnownTexts(Mapping[str, str]):
    """Reference texts by `page_id`."""

    def __init__(self, references: pd.DataFrame) -> None:
        """Note where the text of each page is.

        Args:
            references: Columns page_id, text.
        """
        self._place = {page_id: place for place, page_id in enumerate(references["page_id"])}
        self._texts = references["text"]

    def __getitem__(self, page_id: str) -> str:
        return str(self._texts.iat[self._place[page_id]])

    def __contains__(self, page_id: object) -> bool:
        return page_id in self._place  # without a look at the text

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)
