"""What all reports share: templates that escape on their own, and one file that refers to nothing outside of it.

Text of documents and answers of models are never trusted. Templates escape whatever they are given, the script moves
and hides what is there and never writes markup, and the content security policy allows this one script and no network.
A report is streamed to the disk while its cards are drawn, so that memory does not grow with their number.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ocr_project.engine.reporting.differences import LONGEST_TEXT, marked
from ocr_project.engine.reporting.markup import DASH, FILTERS, printable
from ocr_project.storage.atomic import atomic

T = TypeVar("T")


@cache
def environment(*packages: str) -> Environment:
    """Return the environment of templates.

    Args:
        packages: Whose folder `templates` is searched before this package's, which has `base.html.j2` with the layout,
            and `parts.html.j2` with what sections are made of.
    """
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, __package__)]),
        autoescape=True,
        finalize=printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {**FILTERS, "marked": marked}
    found.tests["known"] = math.isfinite  # NaN stands for what is not known
    script = _asset("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    found.globals |= {
        "DASH": DASH,
        "LONGEST_TEXT": LONGEST_TEXT,
        "style": Markup(_asset("style.css")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
    }
    return found


def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def write_page(path: Path, template: str, values: Mapping[str, object], packages: tuple[str, ...] = ()) -> None:
    """Write a report, atomically: where something fails midway, one that was there before stays.

    Args:
        path: The file; its folder is made where it is missing.
        template: Name of the template.
        values: What the template shows; iterators are taken while the file is written.
        packages: See `environment`.

    Raises:
        StorageError: The file cannot be written.
    """
    stream = environment(*packages).get_template(template).stream(values)
    with atomic(path) as file:
        stream.dump(file, encoding="utf-8")


def ahead(work: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """Yield the results of calls in their order, with `workers` calls in flight in threads.

    For images, which are decoded and encoded outside of Python's lock.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="report") as pool:
        waiting: deque[Future[T]] = deque()
        for call in work:
            waiting.append(pool.submit(call))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
