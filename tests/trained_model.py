"""What a training of a tiny model leaves behind, however it was started."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

PAGES, UPDATES = 10, 6  # one page has no text


def check_samples(project: Path) -> dict[str, int]:
    """Check the counts of the samples, and return them."""
    made: dict[str, int] = json.loads((project / "metrics/training_data.json").read_text())
    assert made["rows"] == PAGES
    assert made["used"] == PAGES - 1, "one has no text"
    assert made["train"] > 0
    assert made["valid"] > 0
    return made


def check_model(project: Path, run: Path, output: str) -> None:
    """Check the proof, the card, the scores and the curve of a run of which `output` is what was printed."""
    made = check_samples(project)
    proof = json.loads((run / "merged/proof.json").read_text())
    assert proof["merged_reloaded"] == 0
    assert proof["moved"] > 0
    card = (run / "merged/README.md").read_text(encoding="utf-8")
    assert f"{made['train']} learnt of {PAGES}; refused: 1 no_answer" in card
    read = pd.concat(pd.read_parquet(run / f"{name}_readings.parquet") for name in ("base", "tuned"))
    assert read.groupby("model").size().to_dict() == {"base": made["valid"], "tuned": made["valid"]}
    curve = pd.read_csv(project / "metrics/training_curve.csv")
    assert curve["update"].tolist() == list(range(1, UPDATES + 1))
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0]
    scored = json.loads((project / "metrics/training.json").read_text())
    assert scored["updates"] == UPDATES
    assert len(list((project / "data/08_reporting/training.html").glob("*/training.html"))) == 1
    assert "training_page" in output
