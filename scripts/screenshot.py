"""Write the picture of the report that the README shows: `python scripts/screenshot.py REPORT.html docs/report.webp`.

Chromium draws it without a window; the picture is made small enough to be kept in git.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

MOST_BYTES = 200_000


def alone(page: str, only: str) -> str:
    """Leave nothing of a page to be seen but one element; no part of it waits until it is scrolled to."""
    hidden = f"body *:not(:has(#{only})):not(#{only}):not(#{only} *) {{ display: none !important }}" if only else ""
    style = f"<style>* {{ content-visibility: visible !important }} {hidden}</style>"
    return page.replace("</body>", f"{style}</body>")


def main() -> None:
    """Draw the report, and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path, help=".webp")
    parser.add_argument("--only", default="", help="Id of an element: without all others, `page-3`.")
    parser.add_argument("--size", default="1400,1000", help="Width and height, pixels.")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("there is no Chromium: apt-get install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory() as folder:
        drawn = Path(folder, "report.png")
        page = Path(folder, "report.html")
        page.write_text(alone(options.report.read_text("utf-8"), options.only), encoding="utf-8")
        command = [chromium, "--headless", *sandbox, "--disable-gpu", "--hide-scrollbars", f"--screenshot={drawn}"]
        command += [f"--window-size={options.size}", f"--user-data-dir={folder}/profile", "--virtual-time-budget=4000"]
        subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
        picture = Image.open(drawn).convert("RGB")
    for quality in range(90, 20, -10):
        picture.save(options.picture, quality=quality, method=6)
        if options.picture.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{options.picture} has more than {MOST_BYTES:,} bytes: choose a smaller --size")


if __name__ == "__main__":
    main()
