"""Write docs/options.md, the reference of all options; with `--check` say whether it is up to date, and write nothing.

Usage: python scripts/options_reference.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ocr_project.cli.option_reference import as_markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "options.md"


def main() -> int:
    """Return the exit status: 1 where `--check` finds another page than the models give."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where the page is stale")
    text = as_markdown()
    if parser.parse_args().check:
        fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print(f"{PAGE.name} is {'up to date' if fresh else 'stale: run python scripts/options_reference.py'}")
        return int(not fresh)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
