"""Project commands, one file each.

run.py        kedro run, with messages that say what to do
standalone.py ocr-project, outside of a checkout; reading.py does what it says
search.py     kedro search; searching.py asks the corpus, in a notebook too
doctor.py     kedro doctor
testsets.py   kedro testsets
compare.py    kedro compare
options.py    kedro options; option_reference.py reads the models
results.py    kedro results
review.py     kedro review, ocr-project review
launch/       kedro launch
serve/        kedro serve, ocr-project serve: corpora in a browser
errors.py     what ends a command, and its exit status; unknown_names.py offers the nearest names
evidence.py   what goes to MLflow, and that a fault of it ends no run; run_notes.py names a run and its corpus
log_format.py what reaches a terminal of the log
summary.py    the table at the end of a run
"""

from __future__ import annotations

import click

from ocr_project.cli.compare import compare
from ocr_project.cli.doctor import doctor
from ocr_project.cli.launch import launch
from ocr_project.cli.options import options
from ocr_project.cli.results import results
from ocr_project.cli.review import review
from ocr_project.cli.run import run
from ocr_project.cli.search import search
from ocr_project.cli.serve.command import work
from ocr_project.cli.serve.project import serve_project
from ocr_project.cli.testsets import testsets


@click.group()
def cli() -> None:
    """Commands of ocr_project."""


for command in (run, search, doctor, testsets, compare, results, review, options, launch, serve_project, work):
    cli.add_command(command)
