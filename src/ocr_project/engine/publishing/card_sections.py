"""The sections of the dataset card, one function each; every figure in them is counted, none is written by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ocr_project.domain.options import PublishImages, PublishOptions
from ocr_project.domain.types import Status
from ocr_project.engine.publishing.configurations import EMBEDDINGS, PAGES, REGIONS, TRANSCRIPTS, Configuration
from ocr_project.engine.publishing.counts import PageCounts, personal_data_rows
from ocr_project.engine.publishing.tables import Tables
from ocr_project.engine.publishing.versions import Versions

_MOST_REASONS = 30
_METRICS = {
    "cer_no_space": "CER without white space",
    "cer": "CER",
    "word_f1": "Word F1, in any order (higher is better)",
    "wer": "WER",
    "ned": "NED (edit distance over the longer text)",
}
_IMAGES = {
    PublishImages.NONE: "No images are part of it.",
    PublishImages.CROPS: "Images of regions are part of it (`regions`), images of whole pages are not.",
    PublishImages.PAGES: "The page images are part of it (`pages`); a region is cut out of them by its box.",
}


def introduction(counts: PageCounts, tables: Tables, options: PublishOptions) -> str:
    """Say what this is."""
    read = sum(document.status is Status.OK for document in tables.documents)
    source = f" {options.source_name.strip().rstrip('.')}." if options.source_name.strip() else ""
    return (
        f"# {options.title}\n\n"
        f"{_number(counts.totals['pages'])} pages of {_number(read)} documents: regions in reading order, the text"
        f" that was read in them by machine, Markdown by page, vectors to search by, and scores.{source}"
        f" {_IMAGES[options.images]}\n\n"
        "This card was written by the run that made the dataset; every figure in it was counted there."
    )


def contents(tables: Sequence[tuple[Configuration, int, int, int]]) -> str:
    """List the configurations: name, rows, files, bytes."""
    rows = [
        (f"`{configuration.name}`", configuration.note, _number(rows), _number(files), _size(size))
        for configuration, rows, files, size in tables
    ]
    return "## Configurations\n\n" + _table(("configuration", "a row is", "rows", "files", "size"), rows)


def loading(options: PublishOptions, names: Sequence[str]) -> str:
    """Show how it is loaded and joined."""
    place = options.repository or "path/to/this/folder"
    lines = [f'load_dataset("{place}", "{name}", split="train")' for name in names if name in (PAGES, TRANSCRIPTS)]
    code = ["from datasets import load_dataset", "", f"pages = {lines[0]}"]
    if TRANSCRIPTS in names:
        code += [f"transcripts = {lines[-1]}", "", "text_of = dict(zip(transcripts['page_id'], transcripts['text']))"]
        code += ["print(pages[0]['path'], pages[0]['number'], text_of[pages[0]['page_id']][:200])"]
    joins = ["`page_id` joins all configurations."]
    if REGIONS in names:
        joins.append("`region_id` is `{page_id}#{index}`: a region's place in reading order.")
    if EMBEDDINGS in names:
        joins.append("`item_id` of `embeddings` is a `page_id`, a `region_id` or a `query_id`, as `kind` says.")
    shown = "\n".join(code)
    return f"## Load it\n\n```python\n{shown}\n```\n\n" + " ".join(joins)


def statistics(counts: PageCounts, tables: Tables, guessed: Iterable[str]) -> str:
    """Count documents, pages, regions and characters."""
    documents = [document.status for document in tables.documents]
    rows = [
        ("documents read", documents.count(Status.OK)),
        ("documents that could not be read", documents.count(Status.FAILED)),
        ("documents left out (duplicates, links)", documents.count(Status.SKIPPED)),
        ("pages", counts.totals["pages"]),
        *((f"pages: {status}", count) for status, count in sorted(counts.outcomes.items())),
        ("characters of text", counts.totals["characters"]),
        ("images", counts.totals["images"]),
        ("images withheld for personal data", counts.totals["images_withheld"]),
        ("questions", len(tables.queries)),
        ("regions", counts.totals["regions"]),
        *((f"regions: {label}", count) for label, count in _ranked(counts.labels)),
    ]
    text = "## Statistics\n\n" + _table(("", "count"), [(name, _number(value)) for name, value in rows])
    languages = ", ".join(guessed)
    return text + (f"\n\nThe languages ({languages}) are guessed by the script of the text." if languages else "")


def accuracy(rates: Sequence[Mapping[str, Any]]) -> str:
    """Show the error rates with their intervals, gold and silver apart."""
    if not rates:
        return "## Accuracy\n\nNot measured: no page has a reference text."
    overall = [rate for rate in rates if rate["level"] == "overall"]
    groups = [rate for rate in rates if rate["level"] == "group" and rate["metric"] == "cer_no_space"]
    text = (
        "## Accuracy\n\n"
        "Errors over the characters (or words) of the reference, added up over all pages that have one (word F1: words"
        " that are right); in brackets the 95 % interval of a bootstrap over documents. *gold*: reference text of a"
        " person; *silver*: it is the page's own text layer. A page that failed misses all of its text.\n\n"
    )
    text += _table(
        ("metric", "reference", "pages", "rate (95 % interval)"),
        [
            (_METRICS.get(r["metric"], r["metric"]), r["reference"], _number(r["pages"]), _rate(r))
            for r in sorted(overall, key=lambda r: (r["reference"], list(_METRICS).index(r["metric"])))
        ],
    )
    if len(groups) > 1:
        rows = [(r["name"] or "(top)", r["reference"], _number(r["pages"]), _rate(r)) for r in groups]
        text += "\n\nCER without white space by group:\n\n"
        text += _table(("group", "reference", "pages", "rate (95 % interval)"), rows)
    return text


def failures(counts: PageCounts, tables: Tables) -> str:
    """Count the failures by stage and reason; nothing that failed is missing from the tables."""
    reasons = counts.failures.copy()
    reasons.update(
        f"ingest: {row.reason}" for row in tables.documents if row.status is Status.FAILED and not row.pages
    )
    if not reasons:
        return "## Failures\n\nNone: every page and region of the corpus was read."
    ranked = _ranked(reasons)
    rows = [(*reason.split(": ", 1), _number(count)) for reason, count in ranked[:_MOST_REASONS]]
    text = "## Failures\n\nA failure is a row with its reason, never a missing line.\n\n"
    text += _table(("stage", "reason", "rows"), rows)
    rest = ranked[_MOST_REASONS:]
    return text + (f"\n\n{_number(sum(count for _, count in rest))} more for other reasons." if rest else "")


def models(identities: Mapping[str, str]) -> str:
    """Name what made each stage: its revision and all settings that change its results."""
    rows: list[tuple[str, str, str, str]] = []
    for stage, identity in identities.items():
        parts: dict[str, Any] = json.loads(identity) if identity else {"name": "", "revision": "", "settings": {}}
        settings = json.dumps(parts["settings"], ensure_ascii=False, sort_keys=True)
        rows.append((stage, parts["name"], parts["revision"], f"`{settings}`"))
    return "## Models\n\n" + _table(("stage", "backend", "revision", "settings"), rows)


def personal_data(counts: PageCounts, options: PublishOptions) -> str:
    """Show what the scan found, and say what it cannot see."""
    rows = [
        (row["kind"].replace("_", " "), _number(row["count"]), _number(row["pages"]), "yes" if row["masked"] else "no")
        for row in personal_data_rows(counts, options.mask)
    ]
    text = (
        "## Personal data\n\n"
        "The text was scanned by rules. What is masked stands as asterisks in every text, word boxes included, and the"
        " image that shows it is withheld.\n\n"
    )
    text += _table(("kind", "found", "on pages", "masked"), rows)
    return text + (
        "\n\nThe rules do not see names, addresses, faces, signatures, handwriting, or a number that was read wrongly."
        " Scores were counted, and vectors made, on the text before it was masked."
    )


def making(versions: Versions) -> str:
    """Say which code made it and how to make it again."""
    changed = (
        f"yes, in {len(versions.changed)} files: " + ", ".join(f"`{name}`" for name in versions.changed[:10])
        if versions.changed
        else "no"
    )
    rows = [
        ("code", versions.remote or "a repository without a public address"),
        ("commit of the code that published it", f"`{versions.commit}`" if versions.commit else "not a git checkout"),
        ("changed since that commit", changed),
        ("sha256 of `dvc.lock`", f"`{versions.lock}`" if versions.lock else "none"),
        *((name, number) for name, number in versions.packages.items()),
    ]
    commands = [
        "make setup",
        "kedro run --params ingest.source=path/to/the/documents",
        "kedro run --pipelines publish",
    ]
    if versions.commit:
        commands.insert(0, f"git checkout {versions.commit}")
    if versions.remote:
        commands.insert(0, f"git clone {versions.remote} ocr_project && cd ocr_project")
    shown = "\n".join(commands)
    return (
        "## How it was made\n\n" + _table(("", "version"), rows) + "\n\nTo make it again, in a checkout of the code:"
        f"\n\n```console\n{shown}\n```\n\nThe options of each stage are its settings under *Models*; a profile"
        " (`--env`) sets them together."
    )


def licences(options: PublishOptions) -> str:
    """Name the licence of the source and of the output."""
    source = options.source_licence.strip() or "Not stated by the publisher: ask before you use it."
    output = f"`{options.licence}`" if options.licence != "unknown" else "Not stated by the publisher."
    return f"## Licence\n\nOf the documents: {source}\n\nOf this dataset (text, regions, vectors, scores): {output}"


def columns(found: Sequence[Configuration]) -> str:
    """Describe every column."""
    parts = ["## Columns"]
    for configuration in found:
        rows = [(f"`{column.name}`", column.note) for column in configuration.columns]
        parts.append(f"### {configuration.name}\n\n" + _table(("column", "what it is"), rows))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _rate(row: Mapping[str, Any]) -> str:
    value, low, high = row["rate"], row["low"], row["high"]
    if math.isnan(value):
        return "nothing to divide by"
    return f"{value:.2%}" + (" (too few documents)" if math.isnan(low) else f" ({low:.2%} to {high:.2%})")


def _number(value: int) -> str:
    return f"{value:,}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count / 1e3:,.1f} kB"
