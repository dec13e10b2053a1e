"""Writes the report: one file without references to anything outside of it.

Text of documents is never trusted: every piece is escaped where it enters the page, the script only
moves and hides what is there, and the content security policy allows this one script and no network.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TextIO

from ocr_project.engine.reporting.charts import cer_histogram, confidence_plot, stage_bars
from ocr_project.engine.reporting.markup import count, escape
from ocr_project.engine.reporting.model import Report
from ocr_project.engine.reporting.page_card import page_card
from ocr_project.engine.reporting.retrieval import retrieval_section
from ocr_project.engine.reporting.tables import definitions, failure_table, score_table, stage_table, summary_cards
from ocr_project.storage.atomic import atomic_text


def write_report(path: Path, report: Report, workers: int = 1) -> None:
    """Write a report as one self-contained HTML file, atomically.

    The pages are taken from `report.pages` as they are written, so that memory does not grow with their
    number. Where something fails midway, a report that was there before stays.

    Args:
        path: The file; its folder is made where it is missing.
        report: See `model.Report`. Images are scaled down to 900 px of width.
        workers: Pages that are drawn at once.

    Raises:
        StorageError: The file cannot be written.
    """
    with atomic_text(path) as file:
        _write(file, report, workers)


def _write(file: TextIO, report: Report, workers: int) -> None:
    before, after = asset("template.html").split("<!-- pages -->\n")
    values = {**frame(asset("style.css"), asset("tables.js") + asset("script.js")), **_sections(report)}
    file.write(Template(before).substitute(values))
    shown = 0
    for card in drawn((partial(page_card, card, rank) for rank, card in enumerate(report.pages, 1)), workers):
        file.write(card)
        shown += 1
    values["no_pages"] = "" if shown else '<p class="empty">No page is shown.</p>'
    file.write(Template(after).substitute(values))


def drawn(cards: Iterable[Callable[[], str]], workers: int) -> Iterator[str]:
    """Draw cards, in their order; images are decoded and encoded outside of Python's lock."""
    with ThreadPoolExecutor(workers, thread_name_prefix="report") as pool:
        waiting: deque[Future[str]] = deque()
        for card in cards:
            waiting.append(pool.submit(card))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def frame(style: str, script: str) -> dict[str, str]:
    """Return style, script and the script's hash, by which the content security policy knows it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return {"style": style, "script": script, "script_hash": f"sha256-{digest}"}


def asset(name: str) -> str:
    """Return a file of this package."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def _sections(report: Report) -> dict[str, str]:
    return {
        "title": escape(report.title),
        "created": escape(report.created),
        "summary": summary_cards(report),
        "plots": "".join(_plots(report)),
        "stages": stage_table(report.stages),
        "groups": score_table("group-rows", "Group", report.groups),
        "documents": score_table("document-rows", "Document", report.documents),
        "documents_count": count(len(report.documents)),
        "failures": failure_table(report.failures),
        "failures_count": count(len(report.failures)),
        "retrieval": retrieval_section(report.retrieval),
        "retrieval_link": '<a href="#retrieval">Retrieval</a>' if report.retrieval.searches else "",
        "facts": definitions(report.facts),
        "parameters": definitions(report.parameters),
        "parameters_count": count(len(report.parameters)),
    }


def _plots(report: Report) -> Iterator[str]:
    plots = (
        ("Pages by error rate", cer_histogram(report.points)),
        ("Confidence against error rate", confidence_plot(report.points)),
        ("Time by stage", stage_bars(report.stages)),
    )
    for caption, plot in plots:
        if plot:
            yield f'<figure class="panel"><figcaption>{caption}</figcaption>{plot}</figure>'
