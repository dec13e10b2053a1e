"""Whether a search for prompts says truly how much its choice flattered itself: made answers with a known CER.

Usage: python -m benchmarks.prompt_choice [--searches 400] [--json FILE]

A field has 21 prompts; each has a true clipped CER, drawn uniformly between 0.05 and 0.30 ("unlike") or 0.15 for all
("alike"). A document's clipped CER under a prompt is 0, 1 or between (beta, of so much spread that half of the
answers are right), independent of other documents. A search judges all on the documents searched on, the best ones on
those selected on, and the chosen one on those reported on, with the product's own code from rows of answers on.
"True" is the CER that the chosen prompt has over all documents there could be, minus that on the documents selected
on (or searched on). The interval is right where it holds it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.gpu_machine import commit, hardware

from ocr_project.bench.prompt_search.field_search import kept_of
from ocr_project.bench.prompt_search.parts import Part
from ocr_project.bench.prompt_search.tables import ALL, found_of, tabulate_found
from ocr_project.bench.prompt_search.tried import Judged, Tried, best_of
from ocr_project.domain.options import PromptSearchOptions

PROMPTS = 21
SHAPE = 0.35  # of the beta distribution: the smaller, the more answers are all right or all wrong
SETTINGS = ((10, 10, 10), (10, 10, 30), (10, 30, 100))
WORLDS = {"unlike": (0.05, 0.30), "alike": (0.15, 0.15)}
FIELDS = 5  # of a document: searched one by one, and reported on together


def search_once(generator: np.random.Generator, sizes: tuple[int, int, int], world: str) -> dict[str, float]:
    """Search `FIELDS` fields in a made world; return what the table says, and what is true."""
    options = PromptSearchOptions(search=sizes[0], select=sizes[1], report=sizes[2], tries=PROMPTS - 1)
    rows: list[Tried] = []
    true, seen = [], {Part.SEARCH: [], Part.SELECT: []}
    for field in range(FIELDS):
        rates = generator.uniform(*WORLDS[world], PROMPTS)
        tried = [_tried(generator, field, Part.SEARCH, number, rates[number], sizes[0]) for number in range(PROMPTS)]
        kept = kept_of(tried, options)[: options.finalists]
        selected = [_tried(generator, field, Part.SELECT, one.number, rates[one.number], sizes[1]) for one in kept]
        chosen = best_of(selected)
        numbers = dict.fromkeys((0, chosen.number))
        reported = [_tried(generator, field, Part.REPORT, number, rates[number], sizes[2]) for number in numbers]
        rows += [*tried, *selected, *reported]
        true.append(rates[chosen.number])
        seen[Part.SEARCH].append(tried[chosen.number].cer)
        seen[Part.SELECT].append(chosen.cer)
    (row,) = (row for row in tabulate_found(found_of(rows, options)).to_dict("records") if row["field"] == ALL)
    optimism = {part: float(np.mean(true) - np.mean(values)) for part, values in seen.items()}
    return {
        **{name: row[name] for name in ("flattered", "flattered_low", "flattered_high")},
        **{name: row[name] for name in ("flattered_search", "flattered_search_low", "flattered_search_high")},
        "true": optimism[Part.SELECT],
        "true_search": optimism[Part.SEARCH],
        "report_right": float(row["report_low"] <= np.mean(true) <= row["report_high"]),
    }


def summarise(found: list[dict[str, float]]) -> dict[str, float]:
    """Return means over searches, and how often intervals hold the truth."""

    def mean(name: str) -> float:
        return float(np.mean([one[name] for one in found]))

    def held(name: str, true: str) -> float:
        return float(np.mean([one[f"{name}_low"] <= one[true] <= one[f"{name}_high"] for one in found]))

    return {
        "flattered": mean("flattered"),
        "true": mean("true"),
        "held": held("flattered", "true"),
        "flattered_search": mean("flattered_search"),
        "true_search": mean("true_search"),
        "held_search": held("flattered_search", "true_search"),
        "report_right": mean("report_right"),
    }


def _tried(generator: np.random.Generator, field: int, part: Part, number: int, rate: float, documents: int) -> Tried:
    clipped = generator.beta(SHAPE * rate, SHAPE * (1 - rate), documents)
    judged = tuple(Judged(place, f"{part} {place}", float(cer), 0.0, 1.0, "", "") for place, cer in enumerate(clipped))
    return Tried("made", f"field {field}", part, number, f"prompt {number}", judged=judged)


def run(searches: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each world and size."""
    for world in WORLDS:
        for sizes in SETTINGS:
            generator = np.random.default_rng(0)
            found = [search_once(generator, sizes, world) for _ in range(searches)]
            yield {"world": world, "documents": "+".join(map(str, sizes)), **summarise(found)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=400)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    print(f"commit {commit()}, {hardware()}, {arguments.searches} searches of {FIELDS} fields each, points of 100")
    for row in run(arguments.searches):
        rows.append(row)
        said = {name: f"{value * 100:6.2f}" for name, value in row.items() if isinstance(value, float)}
        print(row["world"], row["documents"], said, flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
