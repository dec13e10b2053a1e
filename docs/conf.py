"""Sphinx: the pages of this folder and the docstrings of the package as one site, built by `make docs`.

The reference in api/ is of the rooms that other code builds on. Links that lead out of this folder are
links of the repository, which tests/test_docs.py follows.
"""

import re
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from docutils import nodes

project = "ocr_project"
author = "the ocr_project team"
release = version = installed("ocr_project")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
suppress_warnings = [
    "misc.highlighting_failure",  # JSON with an ellipsis
    "myst.xref_missing",  # files of the repository
    "ref.python",  # `bytes` of an annotation, where a class has an attribute of that name
]

html_theme = "furo"
html_title = "ocr_project"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_sourcelink = False
myst_heading_anchors = 4

napoleon_use_ivar = True
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
# what a laptop does not have: packages of the extras for GPUs, training and clusters
autodoc_mock_imports = [
    "torch",
    "torchvision",
    "transformers",
    "vllm",
    "peft",
    "accelerate",
    "bitsandbytes",
    "submitit",
]

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "README.md": "start",
    "README.ko.md": "start-ko",
}


def lists_of_rooms(_app: Any, what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Make a list of the lines of a module's docstring that name a thing, two blanks, and say what it is."""
    if what != "module":
        return
    written: list[str] = []
    in_list = False
    for line in lines:
        named = re.match(r"(\S+)  +(\S.*)", line)
        if in_list and not named and line.startswith("  "):
            written[-1] += f" {line.strip()}"
            continue
        if in_list != bool(named):
            written.append("")
        in_list = bool(named)
        written.append(f"- ``{named[1]}`` {named[2]}" if named else line)
    lines[:] = written


def at_home(app: Any, doctree: Any, docname: str) -> None:
    """Lead links of the README, which is a page here, to other files of the repository that are; the rest is text."""
    for link in list(doctree.findall(nodes.reference)):
        target = (link.get("refid") or link.get("refuri", "")).removeprefix("#")
        if target in PAGES:
            link.attributes.pop("refid", None)
            link["refuri"] = app.builder.get_relative_uri(docname, PAGES[target])
        elif docname in PAGES.values() and (ROOT / target.partition("#")[0]).is_file():
            link.replace_self(link.children)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", lists_of_rooms)
    app.connect("doctree-resolved", at_home)
