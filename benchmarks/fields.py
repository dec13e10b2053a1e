"""What a run over the questions of a set costs beside its model: against a server that answers at once.

    python -m benchmarks.fields [--documents 21] [--questions 10] [--runs 6] [--width 800 --height 600]

The server is another process. `bare` is the same requests from a plain client with nothing around it: what is above it
is ours: images read and scaled, shards written, answers judged, tables with intervals, files.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import numpy as np

from ocr_project.bench.fields.run import FieldsRun, names_of, run_fields
from ocr_project.bench.fields.writing import write_theirs
from ocr_project.domain.options import FieldsOptions, RuntimeOptions
from ocr_project.domain.types import Answer
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.models import ChatRequest, ServedChat
from ocr_project.storage.lineages import LineageFolder

_HEAD = "data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox"
_SERVER = """
import sys, time
from ocr_project.testing.fake_vllm import FakeVllm
with FakeVllm(read=lambda image, prompt, body: prompt.split()[-1]) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("documents", 21), ("questions", 10), ("runs", 6), ("width", 800), ("height", 600)):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _server() as url:
        root = _write_set(Path(folder) / "set", chosen)
        total = chosen.documents * chosen.questions
        walls = []
        for number in range(chosen.runs):
            prompts = _write_prompts(Path(folder) / f"{number}.csv", chosen.questions, number)
            wall, cpu, found = _run(root, prompts, url, Path(folder))
            walls.append(wall)
            assert len(found.asked.answers) == total
            shares = f"{wall / total * 1e3:.2f} ms, {sum(cpu) / total * 1e3:.2f} ms of CPU a question"
            print(f"run {number + 1}: {wall:.2f} s, {cpu[0]:.2f} + {cpu[1]:.2f} s of CPU (cutting crops), {shares}")
        again, cpu, _ = _run(root, prompts, url, Path(folder))
        bare = min(asyncio.run(_bare(url, found, chosen)) for _ in range(3))
        mean = sum(walls) / len(walls)
        print(f"nothing left to ask: {again:.2f} s, {sum(cpu):.2f} s of CPU")
        print(f"bare client: {bare:.2f} s, {bare / total * 1e3:.2f} ms a question")
        print(
            f"ours above it: {(mean - bare) / total * 1e3:.2f} ms a question, {mean - bare:.2f} s a run"
            f" (mean of {chosen.runs} runs over {total} questions)"
        )


def _run(root: Path, prompts: Path, url: str, folder: Path) -> tuple[float, tuple[float, float], FieldsRun]:
    """Return the wall clock, the CPU of this process and of the processes that it started, and what was found."""
    vllm = {"urls": url, "requests": 64, "model": "fake"}
    options = FieldsOptions.model_validate({"set": root, "prompts": prompts, "backend": "vllm", "vllm": vllm})
    before, started = _cpu(), time.perf_counter()
    found = run_fields(options, RuntimeOptions(progress=False), LineageFolder(folder / "answers", Answer))
    job = found.job
    write_theirs(folder / "out", names_of(options, job), job.found, found.asked.answers, found.scores, found.table)
    wall, after = time.perf_counter() - started, _cpu()
    return wall, (after[0] - before[0], after[1] - before[1]), found


def _cpu() -> tuple[float, float]:
    """Return the seconds of CPU of this process, and of those that it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own, below = (one.ru_utime + one.ru_stime for one in used)
    return own, below


async def _bare(url: str, found: FieldsRun, chosen: argparse.Namespace) -> float:
    """Send the same requests, 64 at a time, and nothing else."""
    options = FieldsOptions.model_validate({"vllm": {"urls": url}}).vllm
    image = b"data:image/jpeg;base64," + b"A" * (chosen.width * chosen.height // 6)
    bodies = [ServedChat(options)._body(ChatRequest(image, one.prompt, 0.0, 512)) for one in found.job.asked]
    slots = asyncio.Semaphore(64)
    started = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(body: bytes) -> None:
            async with slots, session.post(f"{url}/v1/chat/completions", data=body) as response:
                await response.read()

        await asyncio.gather(*map(ask, bodies))
    return time.perf_counter() - started


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.stdin.close()


def _write_set(root: Path, chosen: argparse.Namespace) -> Path:
    (root / "images").mkdir(parents=True)
    random, lines = np.random.default_rng(0), [_HEAD]
    for number in range(chosen.documents):
        pixels = random.integers(120, 255, (chosen.height // 8, chosen.width // 8, 3), np.uint8)
        page = np.kron(pixels, np.ones((8, 8, 1), np.uint8))
        (root / "images" / f"{number}.jpg").write_bytes(encode(page, jpeg_quality=92))
        lines += [f"{number};clean;images/{number}.jpg;q;v{n};card;f{n};" for n in range(chosen.questions)]
    (root / "annotation.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


def _write_prompts(path: Path, questions: int, number: int) -> Path:
    lines = [f"Prompt {number} for v{n};card f{n};" for n in range(questions)]
    path.write_text("\n".join(("prompt;doc_class_question_type;cer", *lines)), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
