"""How lines of the log reach a terminal: names of files stand in them, and a terminal obeys what it is sent."""

from __future__ import annotations

import logging

from ocr_project.domain.outside_text import shown_lines


class ShownFormatter(logging.Formatter):
    """Replaces control characters and marks that turn the direction of writing; line ends stay."""

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        return shown_lines(self._inner.format(record))


def show_safely() -> None:
    """Put it around the formatters that `conf/logging.yml` names: Kedro refuses to be given one of ours there."""
    for handler in logging.getLogger().handlers:
        if not isinstance(handler.formatter, ShownFormatter):
            handler.setFormatter(ShownFormatter(handler.formatter))
