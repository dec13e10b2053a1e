"""The stub that stands in for a model, and the tutorial that uses it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ocr_project.bench.fields.annotation import FieldSet, read_field_set
from ocr_project.bench.fields.prompts import key_of, read_prompts
from ocr_project.bench.matrix.user_config import Framework, read_user_config
from ocr_project.bench.specimens import write_set
from ocr_project.bench.specimens.fonts import FACES
from ocr_project.domain.options import MatrixOptions, SpecimensOptions
from ocr_project.testing.stub_model import StubModel
from tests.whole_job import ROOT

OPTIONS = SpecimensOptions(count=6)

pytestmark = pytest.mark.skipif(
    any(not (OPTIONS.fonts / name).is_file() for name in FACES.values()), reason="needs fonts-liberation, fonts-nanum"
)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("test_sets")
    write_set(folder / "snils_inn_x10", OPTIONS)
    return folder


@pytest.fixture(scope="module")
def found(sets: Path) -> FieldSet:
    return read_field_set(sets / "snils_inn_x10")


def answers(found: FieldSet, wrong: float, prompts: str) -> list[str]:
    collection = found.folder / "prompts" / prompts
    model = StubModel(found, [collection], "stub", wrong)
    texts = read_prompts(collection).texts
    return [model.read((found.folder / q.image).read_bytes(), texts[key_of(q)], {}) for q in found.questions]


def test_a_stub_without_mistakes_knows_every_answer(found: FieldSet) -> None:
    assert answers(found, 0.0, "human.csv") == [question.truth for question in found.questions]


def test_mistakes_are_the_same_each_time_and_more_on_damaged_images_and_for_short_prompts(found: FieldSet) -> None:
    said = answers(found, 0.1, "human.csv")
    assert said == answers(found, 0.1, "human.csv")
    pairs = list(zip(found.questions, said, strict=True))
    missed = {split: sum(q.truth != a for q, a in pairs if q.split == split) for split in ("clean", "damaged")}
    assert 0 < missed["clean"] < missed["damaged"]
    short = sum(q.truth != a for q, a in zip(found.questions, answers(found, 0.1, "short.csv"), strict=True))
    assert short > sum(missed.values())


def test_an_image_is_found_scaled_down_and_encoded_anew(found: FieldSet) -> None:
    model = StubModel(found, [], "stub", 0.0)
    for question in found.questions[::7]:
        pixels = cv2.imdecode(np.frombuffer((found.folder / question.image).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        data = cv2.imencode(".png", cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))[1]
        assert model.read(data.tobytes(), question.text, {}) == question.truth
        assert model.read(data.tobytes(), "What is the weather?", {}) == "-"


def test_it_serves_until_it_is_told_to_end(sets: Path) -> None:
    command = [sys.executable, "-m", "ocr_project.testing.stub_model", str(sets / "snils_inn_x10"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert re.match(r"stub answers at http://127\.0\.0\.1:\d+", served.stdout.readline())
        served.send_signal(signal.SIGTERM)
        assert served.wait(120) == 0


def test_the_runs_of_the_tutorial_can_be_read(sets: Path) -> None:
    text = (ROOT / "docs/tutorial-fields.md").read_text(encoding="utf-8")
    laptop, gpu = (
        re.sub(r"(?m)^  (?=  |runs)", "", block) if block.startswith("  ") else block
        for block in re.findall(r"(?ms)^ *```yaml\n(.*?)^ *```", text)
    )
    (sets / "runs.yml").write_text(laptop)
    runs = read_user_config(sets / "runs.yml", MatrixOptions())
    assert [run.framework for run in runs] == [Framework.TESSERACT] + [Framework.URL] * 4
    assert [run.model for run in runs] == ["label_neighbour", *["stub-small"] * 2, *["stub-large"] * 2]
    assert all(run.prompts and run.system_prompt for run in runs[1:])
    (sets / "gpu.yml").write_text(gpu)
    assert len(read_user_config(sets / "gpu.yml", MatrixOptions())) == 8
