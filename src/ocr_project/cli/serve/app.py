"""The addresses of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocr_project.cli.serve.guard import Guard
from ocr_project.cli.serve.posting import Posting
from ocr_project.cli.serve.site import Site
from ocr_project.domain.errors import OcrProjectError

_ASSETS = {"style.css": "text/css", "serve.js": "text/javascript", "icon.svg": "image/svg+xml"}


def build_app(site: Site) -> Starlette:
    """Return the application; its queue works as long as it does."""
    posting = Posting(site)

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        site.runs.start(site.shelf.corpora().values())
        try:
            yield
        finally:
            await run_in_threadpool(site.runs.close)

    routes = [
        Route("/", site.home),
        Route("/", posting.upload, methods=["POST"]),
        Route("/style.css", _asset),
        Route("/serve.js", _asset),
        Route("/icon.svg", _asset),
        Route("/corpus/{corpus}", site.corpus),
        Route("/corpus/{corpus}", posting.upload, methods=["POST"]),
        Route("/corpus/{corpus}/state", site.state),
        Route("/corpus/{corpus}/run", posting.run, methods=["POST"]),
        Route("/corpus/{corpus}/search", site.search),
        Route("/corpus/{corpus}/made/{report}", site.report),
        Route("/corpus/{corpus}/page/{page}", site.page),
        Route("/corpus/{corpus}/page/{page}", posting.correct, methods=["POST"]),
        Route("/corpus/{corpus}/page/{page}/image", site.image),
        Route("/corpus/{corpus}/file/{document}/{format}", site.download),
    ]
    faults = {HTTPException: site.refuse, OcrProjectError: site.refuse, Exception: site.refuse}
    return Starlette(routes=routes, middleware=[Middleware(Guard)], exception_handlers=faults, lifespan=running)


def _asset(request: Request) -> Response:
    """Return one of the files that pages refer to; each has an address of its own."""
    name = request.url.path.removeprefix("/")
    text = (files(__package__) / "templates" / name).read_text(encoding="utf-8")
    if name == "style.css":
        text = (files("ocr_project.engine.reporting") / "templates/style.css").read_text(encoding="utf-8") + text
    return Response(text, media_type=_ASSETS[name])
