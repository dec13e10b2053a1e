"""Real vLLM servers with a GLM-OCR of the true shape and random weights, through our own recognizer.

OCR_PROJECT_GPU_SHARED names the folder of model_folder.py and forced_length.py; by default ../shared/gpu.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.gpu_machine import plugin_folder

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import TokenLimits, VisionCompile, VllmOptions
from ocr_project.domain.types import Status
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.testing.regions import drawn_page

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(900)]
SHARED = Path(os.environ.get("OCR_PROJECT_GPU_SHARED", Path(__file__).resolve().parents[3] / "shared" / "gpu"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed")
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    if not (SHARED / "model_folder.py").is_file():
        pytest.skip(f"{SHARED} has no model_folder.py")
    folder = tmp_path_factory.mktemp("model") / "GLM-OCR"
    subprocess.run([sys.executable, str(SHARED / "model_folder.py"), str(folder)], check=True)
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(SHARED), os.environ.get("PYTHONPATH", "")))))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("VLLM_USE_FLASHINFER_SAMPLER", "0")


def options(model: Path, **changes: Any) -> VllmOptions:
    values: dict[str, Any] = {
        "model": str(model),
        "quantization": None,
        "gpu_memory_utilization": 0.3,
        "max_model_len": 8192,
        "max_num_seqs": 32,
        "loops": False,
        "whole_page": False,
        "max_tokens": TokenLimits(text=256, table=256, formula=256, page=256),
        "logs": model.parent / "logs",
        "startup_seconds": 300,
        "crop_workers": 2,
        "server_args": ("--load-format", "dummy", "--logits-processors", "forced_length:ForcedLength"),
    }
    return VllmOptions(**{**values, **changes})


@pytest.fixture(scope="module", params=list(VisionCompile), ids=str)
def recognizer(
    request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VllmRecognizer]:
    plugin = str(plugin_folder(tmp_path_factory.mktemp("entry")))
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(plugin)
        patched.setenv("PYTHONPATH", os.pathsep.join((plugin, str(SHARED), os.environ.get("PYTHONPATH", ""))))
        patched.setenv("HF_HUB_OFFLINE", "1")
        patched.setenv("VLLM_USE_FLASHINFER_SAMPLER", "0")
        built = VllmRecognizer(options(model, compile_vision=request.param))
        built.recognize(*drawn_page(1, 1))
    yield built
    built.close()
    log = (model.parent / "logs" / "gpu0-0.log").read_text()
    if request.param in (VisionCompile.BLOCKS, VisionCompile.TOWER):
        assert f"the vision tower runs compiled ({request.param})" in log


def test_regions_are_answered_with_their_cost(recognizer: VllmRecognizer) -> None:
    pages = [drawn_page(number, 4) for number in range(1, 17)]
    answers = [future.result(120) for future in [recognizer.submit(*each) for each in pages]]
    for (page, regions), rows in zip(pages, answers, strict=True):
        assert [(row.page_id, row.index) for row in rows] == [(page.page_id, region.index) for region in regions]
        for row in rows:
            assert row.status in (Status.OK, Status.EMPTY), row.reason
            assert row.finish_reason in ("stop", "length")
            assert row.prompt_tokens > 10
            assert row.completion_tokens >= 8


def test_small_and_large_crops_are_taken(recognizer: VllmRecognizer) -> None:
    from dataclasses import replace

    import numpy as np

    from ocr_project.domain.types import Box
    from ocr_project.engine.imaging.pixels import encode

    page, regions = drawn_page(1, 1)
    pixels = np.random.default_rng(0).integers(0, 255, (3508, 2480, 3), dtype=np.uint8)
    page = replace(page, image=encode(pixels, jpeg_quality=80), width=2480, height=3508)
    boxes = [Box(0, 0, 4, 4), Box(0, 0, 2480, 3508), Box(0, 0, 2480, 5), Box(0, 0, 5, 3508), Box(0, 0, 30, 30)]
    rows = recognizer.recognize(page, [replace(regions[0], index=k, box=box) for k, box in enumerate(boxes)])
    assert all(row.status is not Status.FAILED for row in rows), [row.reason for row in rows]


def test_repetition_detection_is_a_field_that_the_server_knows(model: Path, recognizer: VllmRecognizer) -> None:
    urls = tuple(recognizer.session.transport.urls)  # type: ignore[attr-defined]
    asking = VllmRecognizer(options(model, urls=urls, loops=True, temperatures=()))
    try:
        (row,) = asking.recognize(*drawn_page(3, 1))
    finally:
        asking.close()
    assert not row.reason.startswith("server: 4"), row.reason


def test_too_little_memory_says_what_to_change(model: Path) -> None:
    built = VllmRecognizer(options(model, gpu_memory_utilization=0.01))
    try:
        with pytest.raises(BackendError, match=r"gpu_memory_utilization"):
            built.recognize(*drawn_page(1, 1))
    finally:
        built.close()


def test_nothing_is_left_on_the_gpu(model: Path) -> None:
    import pynvml

    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByIndex(0)
    before = pynvml.nvmlDeviceGetMemoryInfo(handle).used
    script = (
        "import os, signal, sys\n"
        "from ocr_project.domain.options import VllmOptions\n"
        "from ocr_project.engine.recognition.vision.vllm import VllmRecognizer\n"
        "from ocr_project.testing.regions import drawn_page\n"
        "VllmRecognizer(VllmOptions.model_validate_json(sys.argv[1])).recognize(*drawn_page(1, 1))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join((str(root), str(root / "src"), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-c", script, options(model).model_dump_json()]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False, timeout=400)
    assert done.returncode == -9
    deadline = time.monotonic() + 30
    while pynvml.nvmlDeviceGetMemoryInfo(handle).used > before + (1 << 30) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert pynvml.nvmlDeviceGetMemoryInfo(handle).used <= before + (1 << 30)
