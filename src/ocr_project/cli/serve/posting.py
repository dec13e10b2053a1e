"""What is sent to the pages: files, corrections, the wish to read again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ocr_project.cli.serve.corrections import correct, correct_line
from ocr_project.cli.serve.lines import fingerprint, with_line
from ocr_project.cli.serve.site import Site, lines_now
from ocr_project.cli.serve.uploads import Body, TooMuch, keep

_MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Posting:
    """What forms lead to; each answers with a page, or sends the browser to one."""

    site: Site

    async def upload(self, request: Request) -> Response:
        """Take files into a corpus, and let it be read."""
        body = Body(request, self.site.limit)
        try:
            async with body.limited().form(max_files=_MOST_FILES) as form:
                return await run_in_threadpool(self._upload, request, form)
        except TooMuch:
            with suppress(TooMuch):
                await body.drain()
            return await run_in_threadpool(self.site.show, request, "message.html.j2", 413, status=413, said="")

    def _upload(self, request: Request, form: FormData) -> Response:
        if "corpus" in request.path_params:
            name, workspace = self.site.corpus_of(request)
        else:
            workspace = self.site.shelf.open(_text(form, "name"))
            name = workspace.folder.name
        if not self.site.shelf.takes_files(workspace):
            raise HTTPException(403)
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        done = keep(workspace.source, [(file.filename or "", file.file) for file in files if file.filename])
        if any(upload.good for upload in done):
            self.site.runs.ask(workspace)
        if done and all(upload.good for upload in done):
            return _to(f"/corpus/{name}")
        return self.site.show_corpus(request, name, workspace, uploads=done, none_sent=not done)

    async def run(self, request: Request) -> Response:
        """Let a corpus be read again."""

        def ask() -> Response:
            name, workspace = self.site.corpus_of(request)
            self.site.runs.ask(workspace)
            return _to(f"/corpus/{name}")

        return await run_in_threadpool(ask)

    async def correct(self, request: Request) -> Response:
        """Write the reference text of a page: one line of it, or all."""
        try:
            async with Body(request, 0).limited().form(max_files=0) as form:
                return await run_in_threadpool(self._correct, request, form)
        except TooMuch:
            raise HTTPException(413) from None

    def _correct(self, request: Request, form: FormData) -> Response:
        name, workspace = self.site.corpus_of(request)
        results, reading = self.site.reading_of(request, workspace)
        lines, whole = lines_now(results, reading)
        if _text(form, "seen") != fingerprint(lines):
            return self.site.show_page(request, name, workspace, results, reading, said="changed")
        number = _text(form, "line")
        if number:
            line = next((line for line in lines if str(line.number) == number), None)
            if line is None:
                raise HTTPException(404)
            text = with_line(lines, line.number, _text(form, "text"))
        else:
            line, text = None, _text(form, "text")
        if not text.strip():
            return self.site.show_page(request, name, workspace, results, reading, said="no_text")
        place = (reading.document, reading.page.number, results.benchmark())
        if line is not None and not whole:
            correct_line(*place, line, _text(form, "text"))
        else:
            correct(*place, text)
        return _to(f"/corpus/{name}/page/{reading.page.page_id}" + (f"#l{number}" if number else ""))


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _to(path: str) -> Response:
    from urllib.parse import quote

    return RedirectResponse(quote(path, safe="/#"), 303)
