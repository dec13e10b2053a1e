"""An HTML file a document: its Markdown as any browser shows it, without scripts and without links outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import BinaryIO

from ocr_project.domain.types import Page, Status, Transcript
from ocr_project.engine.exports.markdown_files import page_block
from ocr_project.engine.transcript.lines import Reading

_HEAD = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem }}
section {{ border-top: 1px solid #bbb; padding-top: .5rem }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #bbb; padding: .1rem .4rem; vertical-align: top }}
img {{ max-width: 100% }}
</style></head><body>
"""


class HtmlFile:
    """Pages as sections, `#page3` is the third.

    Markdown as it is exported has no tags but those of tables (`safe_markdown`): it may be taken as it is.

    Args:
        file: Open.
        path: Of it, relative to the exports: links to crops are made relative to it.
        title: Of the document.
    """

    def __init__(self, file: BinaryIO, path: str, title: str) -> None:
        from markdown_it import MarkdownIt  # a tenth of a second of every start

        self._file, self._path = file, path
        self._renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
        self._write(_HEAD.format(title=escape(title)))

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        if transcript.status is Status.SKIPPED:
            body = f"<p><em>not read: {escape(transcript.reason)}</em></p>\n"
        else:
            body = self._renderer.render(page_block(transcript, self._path, crops).decode("utf-8"))
            if transcript.reason:
                body = f"<p><em>look at this page: {escape(transcript.reason)}</em></p>\n{body}"
        self._write(f'<section id="page{transcript.number}">\n{body}</section>\n')

    def finish(self) -> None:
        self._write("</body></html>\n")

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "replace"))
