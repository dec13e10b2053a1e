"""`kedro run --pipelines release` with stub images in real containers: equal, worse, slow, and one of another set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocr_project.storage.run_record import read_record
from tests.bench.prompt_search.test_search import FIELDS, START, write_set
from tests.container_image import PODMAN, PYTHON, import_into_podman, make_root
from tests.whole_job import Finished, copy_project, run_command, run_job

Make = Callable[..., str]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    made: list[str] = []

    def image(answers: Mapping[str, str], delay: float = 0.0) -> str:
        root = make_root(tmp_path_factory.mktemp("image") / "root", answers=answers, delay=delay)
        name = f"localhost/ocr-project-release-{os.getpid()}:{len(made)}"
        import_into_podman(root, name)  # or skips: then there is nothing to remove, and nothing to remove it with
        made.append(name)
        return name

    yield image
    for name in made:
        subprocess.run(["podman", "rmi", "--force", name], capture_output=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_set(tmp_path / "mini", 12)
    project = copy_project(tmp_path / "project")
    container = {
        "engine": "podman",
        "arguments": list(PODMAN),
        "network": "host",
        "command": [PYTHON, "/app/stub.py", "--port", "{port}"],
        "startup_seconds": 60,
    }
    vllm = {"model": "fake", "crop_workers": 1, "requests": 1, "retries": 0, "loops": False}
    parameters: dict[str, Any] = {
        "runtime": {"progress": False},
        "fields": {"set": str(tmp_path / "mini"), "backend": "vllm", "vllm": vllm, "container": container},
        "release": {"speed_tolerance": None, "limit_seconds": 5.0},
    }
    (project / "conf/local/parameters.yml").write_text(yaml.safe_dump(parameters))
    return project


def release(project: Path, *params: str) -> Finished:
    return run_job(project, *params, arguments=("--pipelines", "release"))


def record_of(project: Path) -> Path:
    return max((project / "data/08_reporting/release_record").iterdir()) / "release_record"


def test_a_release_is_let_through_or_stopped(make: Make, project: Path) -> None:
    good = {START.format(field=field): "sur-123" if field == "surname" else "num-123" for field in FIELDS}
    first = release(project, f"fields.image={make(good)}")
    assert first.code == 0, first.output
    released = record_of(project)
    identity = read_record(released).run.facts["fields identity"]
    assert '"served_by": "sha256:' in identity
    assert len(read_record(released).items) == 24

    equal = release(project, f"fields.image={make(good, 0.001)}", f"release.baseline={released}")
    assert equal.code == 5, equal.output  # of 24 answers, all right, one in six may be lost unseen
    equal = release(project, f"fields.image={make(good, 0.001)}", f"release.baseline={released}", "release.open=pass")
    assert equal.code == 0, equal.output
    assert read_record(record_of(project)).run.facts["fields identity"] != identity, "another image, another digest"

    both = (f"released={released}", f"equal={record_of(project)}")
    compared = run_command(project, sys.executable, "-m", "kedro", "compare", *both)
    assert compared.code == 0, compared.output
    assert "cer/official" in compared.output

    chatty = {prompt: f"Of course! The value is {answer}, I think." for prompt, answer in good.items()}
    worse = release(project, f"fields.image={make(chatty)}", f"release.baseline={released}")
    assert worse.code == 4, worse.output
    assert "cer/official" in worse.output
    assert "worse than" in worse.output

    slow = release(
        project, f"fields.image={make(good, 0.3)}", f"release.baseline={released}", "release.limit_seconds=0.2"
    )
    assert slow.code == 4, slow.output
    assert "time limit per document" in slow.output

    other = release(
        project, f"fields.image={make(good, 0.002)}", f"release.baseline={released}", "fields.field=surname"
    )
    assert other.code == 2, other.output
    assert "was asked other questions" in other.output

    left = subprocess.run(["podman", "ps", "--all", "--format", "{{.Image}}"], capture_output=True, text=True)
    assert f"ocr-project-release-{os.getpid()}" not in left.stdout


def test_an_image_that_serves_another_model_is_said_at_the_first_question(make: Make, project: Path) -> None:
    done = release(project, f"fields.image={make({})}", "fields.vllm.model=Qwen/Qwen2-VL-2B-Instruct")
    assert done.code == 2, done.output
    assert "serves fake, and fields.vllm.model is Qwen/Qwen2-VL-2B-Instruct" in done.output
