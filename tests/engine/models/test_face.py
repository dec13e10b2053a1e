"""The public face of the room: what it names is there, and a dialect costs neither HTTP nor OpenCV nor torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ocr_project.engine import models


def test_every_name_is_there() -> None:
    for name in models.__all__:
        assert getattr(models, name).__module__.startswith("ocr_project.engine.models.")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        models.Nothing  # noqa: B018


def test_training_and_bench_take_dialects_without_what_models_need() -> None:
    script = (
        "import sys\n"
        "from ocr_project.engine.models import dialect_of, fault_of\n"
        "heavy = {'aiohttp', 'cv2', 'torch', 'transformers', 'pandas', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
