"""What a run will take: from the corpus's own shards, else from the log, else it is open."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.checks.doctor import Profile, Seen, State, machine_of, predict
from ocr_project.checks.doctor.rates import LAPTOP, MEASURED, OWN, Rate, own_rate
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import Identity, ShardInfo
from ocr_project.testing.fakes import MemoryShards
from tests.whole_job import ROOT, write_pages

STAGES = {"ingest": "ingest", "layout": "opencv", "recognition": "tesseract", "transcript": "transcript"}
H200 = {"layout": {"backend": "pp_doclayout_v3"}, "recognition": {"backend": "vllm"}, "embedding": {"backend": "vllm"}}


def shards(backend: str, seconds: list[float], joules: float | None = None, pages: int = 50) -> MemoryShards:
    """Return shards that were made one after the other, in so many seconds each."""
    found, at = MemoryShards(), 1000.0
    gpus = () if joules is None else (GpuUsage(0, "card", 1.0, joules),)
    for number, each in enumerate(seconds):
        at += each
        info = ShardInfo(f"s{number}", "key", f"{number:03d}", pages, "stage", Identity(backend, "1").canonical())
        found.shards[info.name] = (replace(info, wall_seconds=each, made=at, gpus=gpus), [])
    return found


def profile(folder: Path, **sections: Any) -> Profile:
    ingest = {"source": str(folder), **sections.pop("ingest", {})}
    return Profile.model_validate({"ingest": ingest, "runtime": {"workers": 2}, **sections})


def test_shards_of_the_corpus_say_how_long_a_page_takes() -> None:
    rate, pages = own_rate(shards("tesseract", [50.0] * 8 + [25.0, 100.0], joules=1000.0), "tesseract")
    assert pages == 500
    assert rate is not None
    assert rate.likely == pytest.approx(525 / 500)
    assert (rate.low, rate.high) == (pytest.approx(1.0), pytest.approx(1.05))
    assert rate.source == OWN
    assert rate.joules == pytest.approx(20.0, rel=1e-3)


def test_those_of_another_backend_and_too_few_say_nothing() -> None:
    assert own_rate(shards("pp_ocr", [50.0] * 10), "tesseract") == (None, 0)
    assert own_rate(shards("tesseract", [50.0]), "tesseract") == (None, 50)
    assert own_rate(shards("tesseract", [50.0] * 3, pages=5), "tesseract") == (None, 15)
    assert own_rate(MemoryShards(), "tesseract") == (None, 0)


def test_a_run_is_predicted_from_its_own_first_part(tmp_path: Path) -> None:
    write_pages(tmp_path, 7)
    own: dict[str, Any] = {stage: shards(backend, [10.0, 10.0], pages=1) for stage, backend in STAGES.items()}
    for stage in own.values():
        for name, (info, rows) in stage.shards.items():
            stage.shards[name] = (replace(info, pages=10), rows)  # 1 s a page
    own["embedding"] = shards("hashing", [5.0, 5.0], pages=10)
    many = profile(tmp_path, ingest={"limit": 7})
    (done,) = predict(many, tmp_path, tmp_path / "data", Seen(LAPTOP, own))
    assert done.state is State.OK
    assert "all stages of 7 pages are done" in done.found
    assert "whatever their options were" in done.found


def test_the_laptop_is_predicted_from_the_log(tmp_path: Path) -> None:
    write_pages(tmp_path, 5)
    rates = {"ingest": "ingest", "transcript": "transcript", "embedding": "hashing"}
    own = {stage: shards(backend, [1.0, 1.0], pages=0) for stage, backend in rates.items()}
    time, energy = predict(profile(tmp_path), tmp_path, tmp_path / "data", Seen(LAPTOP, own))
    assert time.state is State.WARNING
    assert re.match(r"open: nothing was measured of ingest \(ingest\), .*; the others about \d+ s", time.found)
    assert "docs/log.md" in time.found
    assert "ingest.limit" in time.advice
    assert energy.found.startswith("open: no card is used")


def test_an_h200_is_predicted_with_its_error_and_its_energy(tmp_path: Path) -> None:
    write_pages(tmp_path, 1)
    own: dict[str, Any] = {"ingest": shards("ingest", [1.0, 1.0], pages=100)}
    wanted = profile(tmp_path, ingest={"source": "hf://someone/set", "limit": 10_000}, **H200)
    seen = Seen("h200", own)
    time, energy = predict(wanted, tmp_path, tmp_path / "data", seen)
    assert time.state is State.OK
    spans = re.match(r"about (\d+) min \((\d+) min to (\d+) min\) for 10,000 pages", time.found)
    assert spans is not None
    likely, low, high = map(int, spans.groups())
    assert low < likely < high
    # recognition 10,000 / 24.9 s, embedding 10,000 / 33.4, transcript 10,000 / 98, layout, ingest of the own shards
    assert likely == pytest.approx((402 + 299 + 102 + 40 + 98 + 77 + 15) / 60, abs=0.5)
    assert re.fullmatch(r"about 1\d\d Wh of the cards at work, 1\d\.\d for 1,000 pages", energy.found)
    two = wanted.recognition.model_copy(update={"vllm": wanted.recognition.vllm.model_copy(update={"gpus": (0, 1)})})
    faster, same = predict(wanted.model_copy(update={"recognition": two}), tmp_path, tmp_path / "data", seen)
    assert int(re.findall(r"about (\d+) min", faster.found)[0]) < likely
    assert same.found == energy.found, "two cards take twice the power for half the time"


def test_a_card_that_was_never_measured_is_open(tmp_path: Path) -> None:
    wanted = profile(tmp_path, ingest={"source": "hf://someone/set", "limit": 1000}, **H200)
    time, energy = predict(wanted, tmp_path, tmp_path / "data", Seen("l4", {}))
    assert time.found.startswith("open for 1,000 pages: nothing was measured of ingest")
    assert (time.state, energy.state) == (State.WARNING, State.WARNING)
    assert energy.found == "open: nothing was measured of layout, recognition, embedding"


def test_without_a_corpus_nothing_is_predicted(tmp_path: Path) -> None:
    assert predict(profile(tmp_path / "nowhere"), tmp_path, tmp_path, Seen(LAPTOP, {})) == []


def test_several_cards_or_cores_share_the_pages() -> None:
    rate = Rate(1.0, 2.0, 4.0, "log", of_one="core")
    assert rate.shared(1) == rate
    assert rate.shared(2).likely == pytest.approx(2.0 / 1.95)
    assert replace(rate, of_one="").shared(8).likely == 2.0


def test_a_profile_without_cards_is_a_laptop() -> None:
    assert machine_of("h200", 1) == "h200"
    assert machine_of(None, 0) == machine_of("local", 0) == LAPTOP


@pytest.mark.parametrize("rate", MEASURED.values(), ids=map(str, MEASURED))
def test_what_was_measured_is_in_the_log(rate: Rate) -> None:
    log = (ROOT / "docs" / "log.md").read_text(encoding="utf-8")
    headings = [line.replace("·", "").replace("  ", " ") for line in log.splitlines() if line.startswith("## ")]
    for name in rate.source.split("; "):
        assert any(name.removeprefix("docs/log.md, ") in heading for heading in headings), name
    assert rate.low <= rate.likely <= rate.high
