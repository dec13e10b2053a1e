"""Runs the notebook over a data folder and stores its outputs in it.

usage: python scripts/notebook.py [DATA] [--check]

`--check` runs it and writes nothing. It needs the group `notebook`.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "corpus.ipynb"


def run(data: Path, *, store: bool) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of its cells.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed; its traceback is the message.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environment = {**os.environ, "OCR_PROJECT_DATA": str(data.absolute())}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    client.execute(env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times, other ones after every run
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_empty(output)]
            for output in cell.outputs:
                if plain := output.get("data", {}).get("text/plain"):
                    output.data["text/plain"] = re.sub(r"\x1b\[[\d;]*m", "", plain)  # rich's colours
    if store:
        nbformat.write(notebook, NOTEBOOK)
    return notebook


def _is_empty(output: nbformat.NotebookNode) -> bool:
    """Tell whether this is a line of nothing, which rich, Kedro's, puts before each table."""
    return output.output_type == "display_data" and not output.data.get("text/plain", "").strip()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path("data"))
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    run(given.data, store=not given.check)
