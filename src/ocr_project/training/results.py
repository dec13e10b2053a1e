"""What a training leaves for people: scores of base and tuned beside each other, the curve, a page, a model card."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import TrainingOptions
from ocr_project.engine.reporting.markup import NOTHING, count, decimal, element, join, percent
from ocr_project.engine.reporting.svg import Axis, line, plot, round_scale, text
from ocr_project.training.evaluation_tables import READING_COLUMNS, tabulate_scores

_SHOWN = 40  # samples on the page, the worst first
_POINTS = 400  # of a curve
_FEW = 100  # samples under which an interval is too wide to conclude anything
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 250, 54, 428, 22, 206


def scores_of(base: pd.DataFrame, tuned: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of both models, each with its interval: a row a model, set and metric."""
    return tabulate_scores(pd.concat([base, tuned], ignore_index=True))


def thinned(steps: pd.DataFrame) -> pd.DataFrame:
    """Return a curve with so few points that it can be drawn and compared; the last one is among them."""
    every = max(1, len(steps) // _POINTS)
    kept = steps.iloc[::-1].iloc[::every].iloc[::-1]
    return kept.reset_index(drop=True)


def write_page(
    path: Path, facts: Mapping[str, Any], scores: pd.DataFrame, steps: pd.DataFrame, read: pd.DataFrame
) -> None:
    """Write the report of a training as one file that refers to nothing outside of it.

    Args:
        path: Where to.
        facts: What it was: model, data, memory, in a line each.
        scores: As `scores_of` returns them.
        steps: What was recorded of each update.
        read: What base and tuned read, a row a sample and model.
    """
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>" for name, value in facts.items()
    )
    drawn = [curve(steps, name) for name in ("loss", "valid_loss", "valid_cer", "tokens_per_second") if name in steps]
    body = (
        f"<h1>Training</h1><table>{rows}</table>"
        f"<h2>Scores</h2>{_score_table(scores)}<p>{escape(verdict(scores))}</p>"
        f"<h2>Curves</h2>{join(drawn)}"
        f"<h2>Samples</h2><p>The worst of the tuned model first.</p>{_sample_table(read)}"
    )
    path.write_text(f"{_HEAD}<body>{body}</body></html>\n", encoding="utf-8")


def verdict(scores: pd.DataFrame) -> str:
    """Say in a sentence whether the scores allow a conclusion."""
    if scores.empty:
        return "No sample was held out: whether the tuned model is better is not known."
    said = []
    for name, found in scores[scores["metric"] == "cer"].groupby("set", sort=False):
        by_model = found.set_index("model")
        items = int(scores[(scores["set"] == name) & (scores["metric"] == "exact")]["denominator"].max())
        if not {"base", "tuned"} <= set(by_model.index):
            said.append(f"{name}: {items} samples, only one model was scored")
            continue
        base, tuned = by_model.loc["base"], by_model.loc["tuned"]
        change = f"CER {base['rate']:.4f} to {tuned['rate']:.4f}"
        apart = base["low"] > tuned["high"] or tuned["low"] > base["high"]
        few = f", and {items} samples are few" if items < _FEW else ""
        sure = "their intervals do not meet" if apart else f"their intervals overlap{few}: nothing is concluded"
        said.append(f"{name}: {change} on {items} samples; {sure}")
    return ". ".join(said) + "."


def card_of(options: TrainingOptions, facts: Mapping[str, Any], scores: pd.DataFrame, licence: str) -> str:
    """Return the model card: what it is made from, on what, how well it reads, with intervals."""
    lines = ["---", "library_name: transformers", f"license: {licence}"]
    if options.model.count("/") == 1 and not options.model.startswith((".", "/", "~")):
        lines += [f"base_model: {options.model}"]
    lines += ["pipeline_tag: image-text-to-text", "tags: [ocr]", "---", "", f"# {Path(options.model).name}, tuned", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "## Scores on held-out samples", "", "| model | set | metric | of | value | 95 % interval |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for row in _records(scores):
        ends, of = _ends(row["low"], row["high"]), f"{row['numerator']:,} / {row['denominator']:,}"
        lines += [f"| {row['model']} | {row['set']} | {row['metric']} | {of} | {row['rate']:.4f} | {ends} |"]
    lines += ["", verdict(scores), ""]
    return "\n".join(lines)


def check_readings(table: pd.DataFrame) -> pd.DataFrame:
    """Return readings with the columns that they should have.

    Raises:
        OptionError: They are of another version.
    """
    if missing := [name for name in READING_COLUMNS if name not in table]:
        raise OptionError(f"readings lack {', '.join(missing)}: delete the run's folder in data/06_models")
    return table


def curve(steps: pd.DataFrame, name: str) -> Any:
    """Draw one number over the updates; empty where there are fewer than two."""
    known = steps[["update", name]].dropna()
    if len(known) < 2:
        return NOTHING
    low, high, step = round_scale(known[name].tolist(), floor=0.0)
    across = Axis(float(known["update"].min()), float(known["update"].max()), _LEFT, _RIGHT)
    up = Axis(low, high, _BOTTOM, _TOP)
    parts = []
    tick = low
    while tick <= high + step / 2:
        y = up.at(tick)
        parts += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, f"{tick:g}"[:7], "end")]
        tick += step
    points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in known.itertuples(index=False))
    parts.append(element("polyline", points=points, fill="none", stroke="currentColor"))
    parts.append(text((_LEFT + _RIGHT) / 2, _HEIGHT - 20, f"{name.replace('_', ' ')} by update", "middle"))
    return plot(parts, name, _WIDTH, _HEIGHT)


def _score_table(scores: pd.DataFrame) -> str:
    rows = "".join(
        f"<tr><td>{escape(row['model'])}</td><td>{escape(row['set'])}</td><td>{row['metric']}</td>"
        f"<td>{count(row['numerator'])} / {count(row['denominator'])}</td><td>{percent(row['rate'])}</td>"
        f"<td>{_ends(row['low'], row['high'])}</td></tr>"
        for row in _records(scores)
    )
    heads = "".join(f"<th>{name}</th>" for name in ("model", "set", "metric", "of", "rate", "95 % interval"))
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _records(scores: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in scores.to_dict("records")]


def _ends(low: float, high: float) -> str:
    return "not known" if low != low else f"{decimal(low)} to {decimal(high)}"


def _sample_table(read: pd.DataFrame) -> str:
    if read.empty:
        return "<p>None was read.</p>"
    wide = read.pivot_table(index=["set", "sample_id", "truth"], columns="model", values="answer", aggfunc="first")
    edits = read[read["model"] == "tuned"].set_index("sample_id")["edits"]
    wide = wide.reset_index()
    wide["edits"] = wide["sample_id"].map(edits).fillna(0)
    rows = "".join(
        f"<tr><td>{escape(str(row['set']))}</td><td>{count(row['edits'])}</td><td>{escape(row['truth'])}</td>"
        f"<td>{escape(str(row.get('base', '')))}</td><td>{escape(str(row.get('tuned', '')))}</td></tr>"
        for row in wide.sort_values("edits", ascending=False).head(_SHOWN).to_dict("records")
    )
    heads = "".join(f"<th>{name}</th>" for name in ("set", "edits", "truth", "base", "tuned"))
    return f"<table class='texts'><tr>{heads}</tr>{rows}</table>"


_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Training</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border-bottom:1px solid #ccc;padding:.25rem .6rem;
text-align:left;vertical-align:top}.texts td{white-space:pre-wrap;max-width:22rem;overflow-wrap:anywhere}
svg.plot{width:32rem;max-width:100%;color:#16608f}svg text{font-size:11px}svg .grid{stroke:#ddd}</style></head>
"""
