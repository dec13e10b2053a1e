"""A Markdown file a document."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from ocr_project.domain.types import Status, Transcript
from ocr_project.engine.transcript.safe_markdown import safe_markdown

FOLDER = "markdown"


def markdown_path(name: str) -> str:
    """Return the path of a document's Markdown, relative to the exports."""
    return f"{FOLDER}/{name}.md"


def page_block(transcript: Transcript, path: str, crops: Collection[str]) -> bytes:
    """Write one page of a Markdown file: its mark, what is in doubt, then its text, or why there is none.

    Args:
        transcript: Its links to crops are relative to the exports.
        path: Of the Markdown file, relative to the exports: links are made relative to it.
        crops: That are there, relative to the exports; a link to another becomes a comment.
    """
    mark = f"<!-- page {transcript.number} -->\n"
    if transcript.status is Status.SKIPPED:
        return f"{mark}\n<!-- not read: {_comment(transcript.reason)} -->\n\n".encode("utf-8", "replace")
    up = "../" * (len(PurePosixPath(path).parts) - 1)
    links = re.compile(rf"^!\[([a-z]+)\]\((crops/{re.escape(transcript.page_id)}_[^)]*)\)", re.MULTILINE)

    def link(found: re.Match[str]) -> str:
        label, crop = found.groups()
        return f"![{label}]({up}{crop})" if crop in crops else f"<!-- {label}: its crop is not saved -->"

    if transcript.reason:
        mark += f"<!-- look at this page: {_comment(transcript.reason)} -->\n"
    body = links.sub(link, safe_markdown(transcript.markdown))
    return (f"{mark}\n{body}\n\n" if body else f"{mark}\n").encode("utf-8", "replace")


def _comment(reason: str) -> str:
    """Keep a reason from closing the comment it stands in."""
    return " ".join(reason.split()).replace("--", "- -").replace(">", "&gt;")
