"""A tiny model learns to read strings that it has never seen; and what it forgets when it learns another hand."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.domain.types import Split, TrainingSample
from ocr_project.engine.imaging.pixels import encode
from ocr_project.testing import tiny_trainable
from tests.training.tiny import load, prepare

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

FONTS = Path("/usr/share/fonts/truetype")
PLAIN, OTHER = FONTS / "dejavu/DejaVuSans.ttf", FONTS / "dejavu/DejaVuSerif-Bold.ttf"
WIDTH, HEIGHT = 64, 32
RECIPE: dict[str, Any] = {
    "jpeg_quality": None,
    "max_pixels": WIDTH * HEIGHT,
    "tokens_per_pack": 2048,
    "checkpoint_every": 0,
    "weight_decay": 0.01,
}


def drawn(text: str, number: int, *, other: bool = False) -> TrainingSample:
    """Draw a string with jitter and noise: black on white, or white on black in another font."""
    from PIL import Image, ImageDraw, ImageFont

    random = np.random.default_rng(number)
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    font = ImageFont.truetype(str(OTHER if other else PLAIN), int(random.integers(15, 20)))
    ImageDraw.Draw(image).text((random.integers(1, 6), random.integers(3, 10)), text, fill=0, font=font)
    pixels = np.asarray(image, np.float32) + random.normal(0, 8, (HEIGHT, WIDTH))
    pixels = np.clip(255 - pixels if other else pixels, 0, 255).astype(np.uint8)
    (one,) = tiny_trainable.samples([text])
    held = zlib.crc32(text.encode()) % 8 == 0
    return replace(
        one,
        sample_id=f"{'o' if other else 'p'}{number:06d}",
        source="other:x" if other else "plain:x",
        document=text,
        split=Split.VALID if held else Split.TRAIN,
        question="?",
        image=encode(np.repeat(pixels[..., None], 3, axis=2)),
        width=WIDTH,
        height=HEIGHT,
    )


def strings(count: int, *, other: bool = False) -> list[TrainingSample]:
    random = np.random.default_rng(5 + other)
    return [
        drawn("".join(random.choice(list("0123456789"), int(random.integers(2, 5)))), number, other=other)
        for number in range(count)
    ]


def error_rate(model: Any, encoder: Any, samples: list[TrainingSample]) -> float:
    from ocr_project.training.evaluation import read_samples
    from ocr_project.training.evaluation_tables import tabulate_readings

    table = tabulate_readings(read_samples(model, encoder, samples, 8), model="", test_set="")
    return float(table["edits"].sum() / table["characters"].sum())


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights that has learnt plain digits, all of it trained."""
    root = tmp_path_factory.mktemp("reader")
    folder = tiny_trainable.build(root, "qwen3_vl", spread=0.05, tied=False, hidden=96, patch=8)
    everything = {"vision": False, "projector": False, "language": False}
    training = prepare(folder, strings(9000), method="full", freeze=everything, learning_rate=1e-3, epochs=7, **RECIPE)
    training.trainer(root / "run").fit()
    training.model.save_pretrained(root / "learnt")
    for path in folder.iterdir():
        if not (root / "learnt" / path.name).exists():
            (root / "learnt" / path.name).write_bytes(path.read_bytes())
    held = [one for one in training.samples if one.split is Split.VALID][:64]
    rate = error_rate(training.model, training.encoder, held)
    print(f"CER of strings that were never seen: {rate:.4f}")
    assert rate < 0.05
    return root / "learnt"


def test_strings_that_were_never_seen_are_read(reader: Path) -> None:
    assert load(reader) is not None  # what is asserted is asserted where it is made


def test_17_another_hand_is_learnt_and_the_known_one_is_not_forgotten_with_replay(
    reader: Path, tmp_path: Path
) -> None:
    known, new = strings(2000), strings(2000, other=True)
    held_known = [one for one in known if one.split is Split.VALID][:64]
    held_new = [one for one in new if one.split is Split.VALID][:64]
    rates = {}
    for name, replay in (("alone", 0.0), ("replay", 0.3)):
        changes = {"known": ("plain",), "replay": replay, "learning_rate": 2e-3, "epochs": 8, "lora": {"where": "all"}}
        training = prepare(reader, [*known, *new], **RECIPE, **changes)
        if name == "alone":
            rates["before"] = error_rate(training.model, training.encoder, held_new)
        training.trainer(tmp_path / name).fit()
        rates[f"{name}.new"] = error_rate(training.model, training.encoder, held_new)
        rates[f"{name}.known"] = error_rate(training.model, training.encoder, held_known)
    print(rates)
    assert rates["replay.new"] < 0.6 * rates["before"]
    assert rates["replay.known"] < 0.15
    assert rates["replay.known"] < rates["alone.known"]
