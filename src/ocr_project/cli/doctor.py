"""`kedro doctor`: whether this machine has what a profile needs."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ocr_project.cli.errors import in_few_words, plainly
from ocr_project.cli.project import data_option, named, open_project, option_of_run
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import SECTIONS
from ocr_project.domain.options.cards import on_cards
from ocr_project.domain.options.names import unknown_sections
from ocr_project.engine.running.cards import cards_of

if TYPE_CHECKING:
    from ocr_project.checks.doctor import Finding, Profile

_SHARDS = {
    "ingest": "pages",
    "layout": "regions",
    "recognition": "recognitions",
    "transcript": "transcripts",
    "embedding": "page_vectors",
}
_COLOURS = {"ok": "green", "warning": "yellow", "missing": "red"}
_STATE_WIDTH = 7
_LEAST_WIDTH = 40  # characters of what was found, on however narrow a terminal


@click.command()
@click.option("--env", "-e", default=None, help="Profile to look at, such as h200; without it, the laptop's.")
@option_of_run("params")
@data_option
@plainly
def doctor(env: str | None, params: dict[str, Any], data: str | None) -> None:
    """Look whether this machine has what a profile needs, what to do where it has not, and what a run will take.

    Exit status 1 where something is missing, 0 otherwise.
    """
    from ocr_project.checks.doctor import Seen, State, examine, machine_of, predict
    from ocr_project.checks.doctor.needs import needs_of

    with open_project(env, {**params, **named(data)}) as context:
        project, profile = context.catalog.load("project"), _profile(context.params)
        findings = examine(profile, project.root, project.data)
        stages = {stage: context.catalog.load(name) for stage, name in _SHARDS.items()}
        seen = Seen(machine_of(env, len(needs_of(profile.stages()).gpus)), stages)
        findings += predict(profile, project.root, project.data, seen)
    for line in findings_as_lines(findings, shutil.get_terminal_size().columns):
        click.echo(line)
    sys.exit(int(any(finding.state is State.MISSING for finding in findings)))


def findings_as_lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """Lay findings out as a table: state, what was looked at, what was found, and below it what to do.

    Args:
        findings: In the order in which they are shown.
        width: Of the terminal, in characters.
    """
    column = max((len(finding.check) for finding in findings), default=0)
    indent = " " * (_STATE_WIDTH + column + 4)
    for finding in findings:
        colour = _COLOURS[finding.state]
        head = f"{click.style(finding.state.ljust(_STATE_WIDTH), fg=colour, bold=True)}  {finding.check:<{column}}  "
        yield head + folded(finding.found, indent, width)
        if finding.advice:
            yield click.style(f"{indent}{folded(f'→ {finding.advice}', f'{indent}  ', width)}", fg=colour)


def folded(text: str, indent: str, width: int) -> str:
    """Break a line where the terminal ends, but not within words: they are commands and paths."""
    room = max(_LEAST_WIDTH, width - len(indent))
    return f"\n{indent}".join(textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False))


def _profile(found: dict[str, Any]) -> Profile:
    """Return the options of an environment, as a run would get them."""
    from pydantic import ValidationError

    from ocr_project.checks.doctor import Profile

    if said := unknown_sections(found, SECTIONS):
        raise OptionError("; ".join(said))
    try:
        profile = Profile.model_validate({name: found[name] for name in Profile.model_fields if name in found})
    except ValidationError as error:
        raise OptionError(in_few_words(str(error))) from error
    return on_cards(profile, cards_of(profile.runtime))
