"""Formulas drawn by KaTeX in a browser without a window, many on one page, and where their symbols are.

As in `olmocr/bench/katex/render.py` of allenai/olmocr (v0.4.27): display mode, 24 px, innermost spans with ink, and
the style sheet without its own fonts: there it is put into a page that has no address, so that none of them is found,
and the machine's fonts are taken. Debian's `fonts-katex`, which comes with its KaTeX, makes these KaTeX's. The version
of KaTeX is another one (there 0.16.21, Debian 12 has 0.16.4).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ocr_project.bench.metrics.katex.glyphs import Glyphs, spread
from ocr_project.engine.running.watched_command import TooMuchMemory, run_watched
from ocr_project.storage.atomic import atomic_json

_BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
_FOLDERS = (Path("/usr/share/javascript/katex"), Path("/usr/share/nodejs/katex/dist"))
_KATEX_VERSION = re.compile(r"""version\s*[:=]\s*["'](\d+\.\d+\.\d+)["']""")
_ANSWER = re.compile(r"<title>SEEN([A-Za-z0-9+/=]*)</title>")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_BATCH = 200  # formulas a page: the start of the browser is then a few per cent of the time
MEMORY = 2 * 2**30  # bytes; a page of 200 formulas takes 0.3 GB
_SECONDS = 60.0  # time limit of a page; 200 formulas take about 1 s
_QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    # what scripts allocate has a limit of its own, and its end is cleaner; of all the rest `run_watched` takes care
    "--js-flags=--max-old-space-size=1024",
    "--disable-sync", "--disable-extensions", "--disable-quic", "--dump-dom",
)  # fmt: skip

_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>no answer</title>
<style>{style}</style>
<style>body {{ margin: 0; color: black; background: white; }}
.one {{ display: flex; justify-content: center; align-items: center; width: 800px; height: 400px; font-size: 24px; }}
</style><script>{katex}</script></head><body><script>
"use strict";
function measure(latex) {{
  const room = document.createElement("div"), held = document.createElement("div");
  room.className = "one";
  room.appendChild(held);
  document.body.appendChild(room);
  try {{
    katex.render(latex, held, {{displayMode: true, throwOnError: true}});
  }} catch (error) {{
    room.remove();
    return {{error: String(error.message || error)}};
  }}
  const origin = room.getBoundingClientRect(), texts = [], boxes = [];
  for (const span of held.querySelectorAll("span")) {{
    if (span.children.length === 0 && /\\S/.test(span.textContent)) {{
      const box = span.getBoundingClientRect();
      texts.push(span.textContent.trim());
      boxes.push([box.x - origin.x, box.y - origin.y, box.width, box.height]);
    }}
  }}
  const inner = held.querySelector(".katex-mathml semantics");
  const parts = inner ? [...inner.children].filter(part => part.localName !== "annotation") : [];
  const mathml = parts.map(part => part.outerHTML).join("");
  room.remove();
  return {{mathml, texts, boxes}};
}}
const seen = {formulas}.map(measure);
const bytes = new TextEncoder().encode(JSON.stringify(seen));
let text = "";
for (const byte of bytes) text += String.fromCharCode(byte);
document.title = "SEEN" + btoa(text);
</script></body></html>
"""


class NoAnswer(RuntimeError):
    """The browser did not draw a page: it failed, or took too long."""


def missing_browser() -> str:
    """Say what is missing for formulas to be drawn, and how to get it; an empty string where nothing is."""
    missing = []
    if _browser() is None:
        missing.append("chromium")
    if _folder() is None:
        missing.append("libjs-katex")
    return f"not installed: {', '.join(missing)} (apt-get install {' '.join(missing)})" if missing else ""


@cache
def katex_version() -> str:
    """Return the version of KaTeX that draws; an empty string where there is none."""
    folder = _folder()
    if folder is None:
        return ""
    found = _KATEX_VERSION.search((folder / "katex.min.js").read_text("utf-8"))
    return found.group(1) if found else "of an unknown version"


def draw_formulas(
    latexes: Iterable[str], *, cache: Path | None = None, workers: int = 2, memory: int = MEMORY
) -> dict[str, Glyphs]:
    """Draw formulas, each once.

    Args:
        latexes: LaTeX without delimiters.
        cache: Folder in which drawings are kept; may be shared by runs at the same time.
        workers: Browsers at the same time.
        memory: Bytes that a browser may take, with all its processes.

    Returns:
        All of them; those that cannot be drawn have an `error`.

    Raises:
        NoAnswer: The browser or KaTeX is missing, or the browser draws nothing at all.
    """
    if missing := missing_browser():
        raise NoAnswer(missing)
    wanted = list(dict.fromkeys(latexes))
    found = {latex: kept for latex in wanted if (kept := _load(cache, latex))}
    waiting = [latex for latex in wanted if latex not in found]
    batches = [waiting[start : start + _BATCH] for start in range(0, len(waiting), _BATCH)]
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for batch, drawn in zip(batches, pool.map(partial(_draw_batch, memory=memory), batches), strict=True):
            for latex, (seen, lasting) in zip(batch, drawn, strict=True):
                found[latex] = _glyphs(seen)
                if lasting:
                    _save(cache, latex, seen)
    return found


def _draw_batch(latexes: Sequence[str], memory: int) -> list[tuple[dict[str, Any], bool]]:
    """Draw a page of formulas; one that hangs is found by halves.

    Returns:
        What was seen of each, and whether it would be seen again: a browser that was too slow may be faster.
    """
    try:
        return [(seen, True) for seen in _draw_page(latexes, memory)]
    except NoAnswer as error:
        _draw_page(["x"], memory)  # it is not the formulas if this fails, too
        if len(latexes) == 1:
            return [({"error": str(error)}, False)]
    middle = len(latexes) // 2
    return _draw_batch(latexes[:middle], memory) + _draw_batch(latexes[middle:], memory)


def _draw_page(latexes: Sequence[str], memory: int) -> list[dict[str, Any]]:
    folder, browser = _folder(), _browser()
    if folder is None or browser is None:
        raise NoAnswer(missing_browser())
    page = _PAGE.format(
        style=_FONT_FACE.sub("", (folder / "katex.min.css").read_text("utf-8")),
        katex=(folder / "katex.min.js").read_text("utf-8").replace("</script", "<\\/script"),
        formulas=json.dumps(list(latexes)).replace("<", "\\u003c"),
    )
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:  # it writes to its profile while it ends
        file = Path(place) / "formulas.html"
        file.write_text(page, "utf-8", errors="replace")
        command = [browser, *_QUIET, *sandbox, f"--user-data-dir={place}/profile", file.as_uri()]
        try:
            done = run_watched(command, seconds=_SECONDS, memory=memory)
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"the browser took more than {_SECONDS:.0f} s") from error
        except TooMuchMemory as error:
            raise NoAnswer(
                f"the browser took more than {memory / 2**30:g} GiB (testsets.drawing_memory_gib)"
            ) from error
    answer = _ANSWER.search(done.stdout.decode("utf-8", "replace"))
    if answer is None:
        raise NoAnswer(f"the browser drew nothing: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    seen: list[dict[str, Any]] = json.loads(base64.b64decode(answer.group(1)))
    return seen


def _glyphs(seen: dict[str, Any]) -> Glyphs:
    if "error" in seen:
        return Glyphs("", (), np.zeros((0, 2)), seen["error"] or "cannot be drawn")
    symbols, centres = spread(seen["texts"], seen["boxes"])
    return Glyphs(re.sub(r"\s+|&nbsp;", "", seen["mathml"]), symbols, centres)


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def _folder() -> Path | None:
    return next((folder for folder in _FOLDERS if (folder / "katex.min.js").is_file()), None)


def _path(cache: Path, latex: str) -> Path:
    key = hashlib.sha256(f"{katex_version()}\x1f{latex}".encode("utf-8", "replace")).hexdigest()
    return cache / "katex" / key[:2] / f"{key}.json"


def _load(cache: Path | None, latex: str) -> Glyphs | None:
    if cache is None:
        return None
    try:
        return _glyphs(json.loads(_path(cache, latex).read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # cut by a full disk: it is drawn again
        return None


def _save(cache: Path | None, latex: str, seen: dict[str, Any]) -> None:
    if cache is None:
        return
    path = _path(cache, latex)
    atomic_json(path, seen, durable=False)
