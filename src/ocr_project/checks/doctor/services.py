"""Ports, servers that run already, and Tesseract."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from contextlib import ExitStack

from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Needs
from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import LANGUAGE_SEPARATOR, RecognitionBackend, RecognitionOptions

_PATIENCE = 3.0  # seconds for a server's answer
_LOCAL = "127.0.0.1"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # as requests go: past any proxy


def check_ports(needs: Needs) -> list[Finding]:
    """Take a free port for each server that will be started, all at once."""
    if not needs.servers:
        return []
    try:
        with ExitStack() as stack:
            for _ in range(needs.servers):
                stack.enter_context(socket.socket()).bind((_LOCAL, 0))
    except OSError as error:
        advice = f"check that {_LOCAL} is up, and `ulimit -n`"
        return [missing("ports", f"no port for each of {needs.servers} servers: {error}", advice)]
    return [ok("ports", f"free for {needs.servers} server{'s' if needs.servers > 1 else ''} on {_LOCAL}")]


def check_compiled(needs: Needs) -> list[Finding]:
    """Say where what servers compile is kept, and whether it can be."""
    if not needs.servers:
        return []
    from ocr_project.engine.models.served.compiled import compile_cache

    folder = compile_cache()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        return [warning("compiled", f"{folder} cannot be written to: each run compiles anew", "set XDG_CACHE_HOME")]
    kinds = len(list(folder.glob("*.compiled"))) if folder.is_dir() else 0
    found = f"{folder}: {kinds} kind{'s' if kinds > 1 else ''} of servers" if kinds else f"{folder}: nothing yet"
    return [ok("compiled", f"{found}; the first start of a kind takes half a minute to two minutes longer")]


def check_bytecode(needs: Needs) -> list[Finding]:
    """Say whether a server's modules have been compiled, or which start has to."""
    if not needs.servers:
        return []
    from ocr_project.engine.models.served.compiled import bytecode_kept, compile_cache, package_folder

    package = package_folder("vllm")
    if package is None:
        return []
    if (package / "__pycache__").is_dir():
        return [ok("bytecode", f"beside {package}")]
    where = "beside them" if bytecode_kept(package) else f"in {compile_cache() / 'bytecode'}"
    found = f"none: the first start compiles some 5,000 modules in each of its processes, and keeps them {where}"
    return [warning("bytecode", found, f"python -m compileall -q -j 0 {package.parent}")]


def check_servers(needs: Needs) -> list[Finding]:
    """Ask each server named by the options for its health."""
    return [_server(url.rstrip("/")) for url in needs.urls]


def check_tesseract(needs: Needs) -> list[Finding]:
    """Look for Tesseract and the models of the languages that the options name."""
    if needs.tesseract is None:
        return []
    from ocr_project.engine.recognition import build_recognizer

    options = RecognitionOptions(backend=RecognitionBackend.TESSERACT, tesseract=needs.tesseract)
    try:
        revision = build_recognizer(options, needs.tessdata).identity.revision
    except BackendError as error:
        found, _, advice = str(error).partition(": ")
        return [missing("Tesseract", found, advice)]
    languages = ", ".join(needs.tesseract.languages.split(LANGUAGE_SEPARATOR))
    return [ok("Tesseract", f"{revision.partition('tesseract-')[2]} with {languages}")]


def check_old_options(needs: Needs) -> list[Finding]:
    """Look for options that have moved."""
    if needs.tesseract is None or needs.tesseract.tessdata is None:
        return []
    found = "recognition.tesseract.tessdata is read for one more release, and by the recognizer alone"
    return [warning("options", found, f"set runtime.tessdata={needs.tesseract.tessdata}, which tells orientation too")]


def check_orientation(needs: Needs) -> list[Finding]:
    """Look for the model that tells which way up a page is."""
    if not needs.orientation:
        return []
    from ocr_project.engine.imaging.orientation import OrientationModel
    from ocr_project.engine.imaging.tessdata import ORIENTATION_MODEL, debian_packages

    model = OrientationModel(needs.tessdata)
    if model.fingerprint:
        return [ok("orientation", f"model {model.file.name}")]
    found = f"no {model.file.name} in {model.file.parent}: sideways and upside-down pages are not turned"
    advice = f"apt-get install {debian_packages([ORIENTATION_MODEL])}, or set runtime.tessdata or layout.opencv.turn"
    return [warning("orientation", found, advice)]


def _server(url: str) -> Finding:
    health = f"{url.removesuffix('/v1')}/health"
    try:
        with _DIRECT.open(health, timeout=_PATIENCE):
            return ok("server", f"{url} answers")
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return missing(
            "server",
            f"{url} does not answer: {reason}",
            "start it, or check recognition.vllm.urls and embedding.vllm.urls",
        )
