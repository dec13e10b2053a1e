"""Documents with known fields to a collection of prompts, and to what it is worth."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from ocr_project.bench.prompt_search.run import run_search
from ocr_project.bench.prompt_search.tables import found_of, measure_found, tabulate_found, tabulate_tries
from ocr_project.bench.prompt_search.writing import write_collection
from ocr_project.bench.report.prompt_page import write_prompt_page
from ocr_project.domain.options import FieldsOptions, PromptSearchOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.storage.scratch import Scratch

log = logging.getLogger(__name__)


def search_prompts(
    scratch: Scratch, project: Project, fields: FieldsOptions, options: PromptSearchOptions, runtime: RuntimeOptions
) -> tuple[pd.DataFrame, pd.DataFrame, Path, dict[str, float], Path]:
    """Search, and say what was found.

    Returns:
        All tries; what was chosen for each field and how much the choice flattered itself; the collections, a folder
        in `scratch`; metrics; the page, a draft.
    """
    searched = run_search(fields, options, runtime, project.root)
    found = found_of(searched.tried, options)
    table = tabulate_found(found)
    asked = {
        "most_questions": float(searched.budget.questions),
        "most_proposals": float(searched.budget.proposals),
        "questions_asked": float(searched.asked),
        "seconds": searched.seconds,
    }
    with scratch.draft("prompt_collection") as folder:
        folder.mkdir()
        lacking = write_collection(folder, found)
    if lacking:
        log.warning(
            "no prompt for %s has a clipped CER below prompt_search.keep_below (%g): the collection lacks them. Raise"
            " it or prompt_search.tries, or begin with other prompts (prompt_search.start)",
            *(", ".join(lacking), options.keep_below),
        )
    with scratch.draft("prompt.html") as page:
        write_prompt_page(page, found, searched.tried, table)
    return tabulate_tries(searched.tried), table, folder, measure_found(found, table, asked), page
