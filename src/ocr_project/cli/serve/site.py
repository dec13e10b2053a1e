"""The pages that are looked at: corpora, one of them, a page of it, what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from ocr_project.cli.errors import own_error
from ocr_project.cli.serve.corrections import correction_of, is_corrected
from ocr_project.cli.serve.downloads import FORMATS, archive, corrected_text, files_of, of_format
from ocr_project.cli.serve.guard import HEADERS
from ocr_project.cli.serve.lines import TextLine, fingerprint, with_corrections, with_reference
from ocr_project.cli.serve.progress import last_lines, progress_of
from ocr_project.cli.serve.results import Desk, PageEntry, PageReading, Results
from ocr_project.cli.serve.runs import Runs, log_of
from ocr_project.cli.serve.shelf import Corpora
from ocr_project.cli.serve.words import LANGUAGES, chosen, words_of
from ocr_project.domain.errors import SourceError, StaleSource
from ocr_project.domain.outside_text import storable
from ocr_project.domain.types import Box, Document, Page, Status
from ocr_project.engine.ingest.line_corrections import read_line_corrections
from ocr_project.engine.reporting.markup import printable
from ocr_project.engine.reporting.page import environment
from ocr_project.storage.workspace import Workspace

LANGUAGE = "language"  # the cookie
CORRECTED = "corrected"  # a format of its own: the text as it was corrected
MOST_FOUND = 20
_DOCUMENTS = 100  # on a page
_DIGITS = 10
_AROUND = 0.4  # of a line's height: what stands beside it helps to read it
_REPORTS = ("report", "review_page")
# Reports have one script each, which their own policy names; without an origin it reaches nothing of this server.
_APART = "sandbox allow-scripts allow-downloads"


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document of a corpus with its pages, its formats, and whether any page was corrected."""

    document: Document
    pages: Sequence[PageEntry]
    formats: Sequence[str]
    corrected: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What the addresses lead to.

    Attributes:
        limit: Bytes of one upload.
    """

    shelf: Corpora
    runs: Runs
    limit: int
    desk: Desk = field(default_factory=Desk)

    def home(self, request: Request) -> Response:
        """Show all corpora, and where to drop a file; where there can be but one, that."""
        corpora = self.shelf.corpora()
        if self.shelf.is_one:
            return RedirectResponse(f"/corpus/{quote(next(iter(corpora)))}")
        rows = [(name, one, self.runs.state(one), self._count(one)) for name, one in corpora.items()]
        return self.show(request, "home.html.j2", corpora=rows)

    def corpus(self, request: Request) -> Response:
        """Show a corpus: its run, its documents and pages, what can be taken away."""
        name, workspace = self.corpus_of(request)
        return self.show_corpus(request, name, workspace)

    def state(self, request: Request) -> Response:
        """Say how far the run of a corpus is: for the script."""
        _, workspace = self.corpus_of(request)
        run = self.runs.state(workspace)
        stages = [[stage.name, stage.done, stage.total, stage.state] for stage in progress_of(log_of(workspace))]
        return JSONResponse({"state": run.state, "before": run.before, "stages": stages})

    def search(self, request: Request) -> Response:
        """Show the pages that answer a question best."""
        name, workspace = self.corpus_of(request)
        question, said = request.query_params.get("q", "").strip()[:500], ""
        found: Sequence[Any] = ()
        if question and (results := self.desk.results(workspace)) is not None:
            try:
                found = results.search(question, MOST_FOUND)
            except (SourceError, StaleSource) as error:
                said = str(error)
        return self.show(
            request, "found.html.j2", name=name, workspace=workspace, question=question, found=found, said=said
        )

    def page(self, request: Request) -> Response:
        """Show a page: its image, and its text line by line."""
        name, workspace = self.corpus_of(request)
        results, reading = self.reading_of(request, workspace)
        return self.show_page(request, name, workspace, results, reading)

    def image(self, request: Request) -> Response:
        """Return the image of a page."""
        _, workspace = self.corpus_of(request)
        results = self.desk.results(workspace)
        found = results.image(request.path_params["page"]) if results else None
        if found is None:
            raise HTTPException(404)
        return Response(found[0], media_type=found[1])

    def download(self, request: Request) -> Response:
        """Return a document in a format; several files, such as tables, as a ZIP."""
        _, workspace = self.corpus_of(request)
        wanted, document = request.path_params["format"], request.path_params["document"]
        results = self.desk.results(workspace)
        folder = results.exports() if results else None
        if results is None or folder is None or wanted not in (*FORMATS, CORRECTED):
            raise HTTPException(404)
        by_document = files_of(results)
        if wanted == CORRECTED:
            return _corrected(results, document)
        everything = document == "all"
        chosen_files = [file for (doc_id, _), files in by_document.items() if everything or doc_id == document
                        for file in of_format(files, folder, wanted, pictures=everything)]  # fmt: skip
        if not chosen_files:
            raise HTTPException(404)
        if len(chosen_files) == 1 and not everything:
            return FileResponse(chosen_files[0], filename=chosen_files[0].name, media_type="application/octet-stream")
        label = workspace.label if everything else chosen_files[0].parent.name
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{label}-{wanted}.zip')}"}
        return StreamingResponse(archive(chosen_files, folder), media_type="application/zip", headers=headers)

    def report(self, request: Request) -> Response:
        """Return a page that the last run has made: its report, or what a person should look at."""
        _, workspace = self.corpus_of(request)
        results, which = self.desk.results(workspace), request.path_params["report"]
        path = results.written(which) if results and which in _REPORTS else None
        if path is None or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": _APART})

    def corpus_of(self, request: Request) -> tuple[str, Workspace]:
        """Return the corpus that an address names; it is looked up in a list, and never made a path of."""
        name = request.path_params["corpus"]
        workspace = self.shelf.corpora().get(name)
        if workspace is None:
            raise HTTPException(404)
        return name, workspace

    def reading_of(self, request: Request, workspace: Workspace) -> tuple[Results, PageReading]:
        """Return the page that an address names."""
        results = self.desk.results(workspace)
        reading = results.page(request.path_params["page"]) if results else None
        if results is None or reading is None:
            raise HTTPException(404)
        return results, reading

    def show_corpus(self, request: Request, name: str, workspace: Workspace, **more: Any) -> Response:
        """Show a corpus, with what became of an upload."""
        results, run = self.desk.results(workspace), self.runs.state(workspace)
        log, first = log_of(workspace), _number(request.query_params.get("from", ""))
        values = {
            "documents": results.documents() if results else [],
            "shown": _documents(results, first) if results else [],
            "formats": _formats(results) if results else [],
            "reports": [one for one in _REPORTS if results and results.written(one)],
            "run": run,
            "stages": progress_of(log) if run.is_open else [],
            "said": last_lines(log) if run.message else [],
            "takes_files": self.shelf.takes_files(workspace),
            "uploads": [],
            "none_sent": False,
        }
        waits = run.is_open and "still" not in request.query_params and not more
        values |= {"name": name, "workspace": workspace, "waits": waits, "first": first, "most": _DOCUMENTS, **more}
        refused = "uploads" in more and not any(upload.good for upload in more["uploads"])
        return self.show(request, "corpus.html.j2", 422 if refused else 200, **values)

    def show_page(
        self, request: Request, name: str, workspace: Workspace, results: Results, reading: PageReading, said: str = ""
    ) -> Response:
        """Show a page, with what is wrong with a correction."""
        lines, corrected = lines_now(results, reading)
        given = request.query_params
        values = {
            "reading": reading,
            "lines": lines,
            "corrected": corrected,
            "seen": fingerprint(lines),
            "edited": _number(given.get("line", "")),
            "whole": "whole" in given,
            "question": given.get("q", "")[:500],
            "said": said,
            "doubtful": sum(line.doubtful for line in lines),
            "strip": _strip,
        }
        return self.show(request, "page.html.j2", 409 if said else 200, name=name, workspace=workspace, **values)

    def show(self, request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
        """Fill a template in the language of the reader."""
        asked = request.query_params.get("lang")
        language = chosen(asked or request.cookies.get(LANGUAGE), request.headers.get("accept-language", ""))
        values = {"waits": False, **values, "words": words_of(language), "language": language}
        values |= {
            "languages": LANGUAGES,
            "limit": self.limit,
            "tongues": {code: _in_language(request, code) for code in LANGUAGES},
            "kept_in": str(self.shelf.uploads),
        }
        made = HTMLResponse(_templates().get_template(template).render(values), status)
        if asked is not None and asked in LANGUAGES:
            made.set_cookie(LANGUAGE, asked, max_age=31_536_000, httponly=True, samesite="strict")
        return made

    def refuse(self, request: Request, error: Exception) -> Response:
        """Say that there is no such page, or what else is wrong, as a page."""
        if isinstance(error, HTTPException):
            return self.show(request, "message.html.j2", error.status_code, status=error.status_code, said="")
        mine = own_error(error)
        status, said = (500, f"{type(error).__name__}: {error}") if mine is None else (409, str(mine))
        answer = self.show(request, "message.html.j2", status, status=status, said=said)
        answer.headers.update(HEADERS)  # where nothing was expected to fail, the guard does not see the answer
        return answer

    def _count(self, workspace: Workspace) -> int:
        results = self.desk.results(workspace)
        return results.count() if results else 0


def _in_language(request: Request, language: str) -> str:
    """Return the address of this page in another language."""
    found = request.url.include_query_params(lang=language)
    return f"{found.path}?{found.query}"


def lines_now(results: Results, reading: PageReading) -> tuple[Sequence[TextLine], bool]:
    """Return the lines of a page, those of its reference text where it has one, and whether it has."""
    place = (reading.document, reading.page.number, results.benchmark())
    text = correction_of(*place)
    if text is not None:
        return with_reference(reading.lines, text), True
    return with_corrections(reading.lines, read_line_corrections(*place)), False


def _documents(results: Results, first: int) -> list[ShownDocument]:
    """Return what one page of the list of documents shows."""
    return _shown(results, results.documents()[first : first + _DOCUMENTS])


def _shown(results: Results, documents: Sequence[Document]) -> list[ShownDocument]:
    pages: dict[tuple[str, str], list[PageEntry]] = {(one.doc_id, one.path): [] for one in documents}
    for entry in results.pages().values():
        if (key := (entry.doc_id, entry.path)) in pages:
            pages[key].append(entry)
    files, folder, options = files_of(results), results.exports() or Path(), results.benchmark()
    shown = []
    for document in documents:
        key = document.doc_id, document.path
        formats = [name for name in FORMATS if of_format(files.get(key, ()), folder, name)]
        corrected = any(is_corrected(document, page.number, options) for page in pages[key])
        shown.append(ShownDocument(document, pages[key] if document.status is Status.OK else [], formats, corrected))
    return shown


def _corrected(results: Results, doc_id: str) -> Response:
    """Return the text of a document with its corrections."""
    for shown in _shown(results, [one for one in results.documents() if one.doc_id == doc_id]):
        if text := corrected_text(results, shown.document, shown.pages):
            name = quote(f"{Path(shown.document.path).stem}.{CORRECTED}.txt")
            headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(storable(text), media_type="text/plain; charset=utf-8", headers=headers)
    raise HTTPException(404)


def _formats(results: Results) -> list[str]:
    """Return the formats that all documents together can be had in."""
    folder = results.exports() or Path()
    files = [file for some in files_of(results).values() for file in some]
    return [name for name in FORMATS if of_format(files, folder, name)]


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < _DIGITS else 0


def _strip(box: Box, page: Page) -> str:
    """Return the part of a page's image that shows a line, for a `viewBox`."""
    around = _AROUND * box.height
    x0, y0 = max(0.0, box.x0 - around), max(0.0, box.y0 - around)
    x1, y1 = min(float(page.width), box.x1 + around), min(float(page.height), box.y1 + around)
    return f"{x0:.0f} {y0:.0f} {x1 - x0:.0f} {y1 - y0:.0f}"


def marked(text: str, question: str) -> Markup:
    """Mark the words of a question in a text."""
    words = sorted({word for word in question.split() if word}, key=len, reverse=True)
    if not words:
        return escape(printable(text))
    parts = re.split("(" + "|".join(map(re.escape, words)) + ")", str(printable(text)), flags=re.IGNORECASE)
    return Markup("").join(Markup("<mark>{}</mark>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _templates() -> Environment:
    found = environment(__package__)
    found.filters["found"] = marked
    return found
