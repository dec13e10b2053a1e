"""Project commands, one file each.

run.py        kedro run, with messages that say what to do
standalone.py ocr-project, outside of a checkout; reading.py does what it says
              delivery.py brings files to their place; clean.py empties the cache
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
from kedro.framework.cli.utils import LazyGroup

# a command imports what it needs when it is called, and not what the others need
COMMANDS = {
    name: f"ocr_project.cli.{place}"
    for name, place in {
        "run": "run.run",
        "search": "search.search",
        "doctor": "doctor.doctor",
        "testsets": "testsets.testsets",
        "compare": "compare.compare",
        "results": "results.results",
        "review": "review.review",
        "options": "options.options",
        "launch": "launch.launch",
        "serve": "serve.project.serve_project",
        "work": "serve.command.work",
    }.items()
}


@click.group(cls=LazyGroup, lazy_subcommands=COMMANDS)
def cli() -> None:
    """Commands of ocr_project."""
