"""The image of the project: its recipes say the same, take nothing private along, and (at night) it is built and run.

No registry is asked: the base of the night's image is Debian, made by debootstrap; a base that is here already is
named by OCR_PROJECT_IMAGE_BASE.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.container_image import PODMAN, import_into_podman
from tests.whole_job import ROOT, copy_project, write_pages

RECIPE = (ROOT / "Containerfile").read_text("utf-8")
DEFINITION = (ROOT / "apptainer.def").read_text("utf-8")
PLACE = "/opt/ocr-project"
IMAGE = f"localhost/ocr-project-night:{os.getpid()}"
BUILD = ("podman", "--runtime=runc", "build", "--isolation", "chroot", "--network", "host")


def section(name: str) -> list[str]:
    """Return the lines of a section of the Apptainer definition."""
    (found,) = re.findall(rf"^%{name}\n((?:    .*\n|\n)*)", DEFINITION, re.M)
    return [line.strip() for line in found.splitlines() if line.strip()]


def copied() -> set[str]:
    """Return what the Containerfile takes of the project."""
    lines = re.findall(r"^COPY (.+)$", RECIPE, re.M)
    return {source for line in lines for source in line.split()[:-1]}


def variables(lines: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in lines.split() if "=" in part)


def test_both_recipes_take_the_same_files_and_no_others_are_sent() -> None:
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert copied() == {line.removeprefix("!") for line in allowed}
    given = dict(line.split() for line in section("files"))
    assert set(given) == copied()
    assert all(target == f"{PLACE}/{source}" for source, target in given.items())
    assert not [source for source in copied() if not (ROOT / source).exists()]


def test_both_recipes_do_the_same_steps() -> None:
    steps = re.findall(r"^RUN (.+)$", RECIPE, re.M)
    assert [step.replace("${EXTRAS}", "{{ EXTRAS }}") for step in steps] == [
        line for line in section("post") if line.startswith("bash ")
    ]
    assert variables("\n".join(section("arguments")))["BASE"] == "debian:bookworm-slim"
    assert "ARG BASE=docker.io/library/debian:bookworm-slim\n" in RECIPE
    told = variables(re.sub(r"\\\n", " ", RECIPE).partition("\nENV ")[2].partition("\n")[0])
    for name, value in variables("\n".join(section("environment"))).items():
        assert told[name] == value
    refused = subprocess.run(
        ["bash", "scripts/image.sh", "bake"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (2, "image.sh: there is no step bake\n")


def test_what_is_private_is_not_sent_to_the_builder(tmp_path: Path) -> None:
    need_podman()
    project = copy_project(tmp_path / "project")
    for name in copied():
        if not (project / name).exists():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (project / name).parent.mkdir(exist_ok=True)
            copy(ROOT / name, project / name)
    shutil.copy(ROOT / ".dockerignore", project)
    for private in ("conf/local/credentials.yml", "data/01_raw/letter.pdf", "mlflow.db", ".git/config", ".env"):
        (project / private).parent.mkdir(parents=True, exist_ok=True)
        (project / private).write_text("secret")
    recipe = tmp_path / "Containerfile"
    recipe.write_text("FROM scratch\nCOPY . /\n")
    sent = tmp_path / "sent"
    made = subprocess.run(
        [*BUILD, "--file", str(recipe), "--output", f"type=local,dest={sent}", str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    files = {path.relative_to(sent) for path in sent.rglob("*") if path.is_file()}
    assert Path("conf/base/catalog.yml") in files
    assert {path.parts[0] for path in files} == {name.partition("/")[0] for name in copied()}
    assert not [
        path for path in files if path.parts[:2] == ("conf", "local") or (sent / path).read_bytes() == b"secret"
    ]


def test_services_have_no_rights_and_are_reached_from_this_machine_alone() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    assert {"read", "run", "gpu", "mlflow", "serve"} <= set(services)
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "${OCR_USER:-1000:1000}"
        assert "privileged" not in service
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert services["gpu"]["build"]["args"] == {"EXTRAS": "--extra gpu"}
    assert services["read"]["volumes"][0].endswith(":/documents:ro")


def need_podman() -> None:
    for program in ("podman", "runc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install podman runc")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need_podman()
    base = os.environ.get("OCR_PROJECT_IMAGE_BASE") or make_base(tmp_path_factory.mktemp("base") / "debian")
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"  # this machine's way to the package index may have its own
    made = subprocess.run(
        [*BUILD, "--volume", certificates, "--build-arg", f"BASE={base}", "--tag", IMAGE, str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    yield IMAGE
    subprocess.run(["podman", "rmi", "--force", IMAGE], capture_output=True, check=False)


def make_base(folder: Path) -> str:
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip("a base without a registry needs root and debootstrap; or name one in OCR_PROJECT_IMAGE_BASE")
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(folder)]
    subprocess.run([*command, "http://deb.debian.org/debian"], check=True, stdout=subprocess.DEVNULL, timeout=240)
    name = f"localhost/ocr-project-base:{os.getpid()}"
    import_into_podman(folder, name, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return name


def run_in(image: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the image without a network, without capabilities, as a user who owns nothing in it."""
    alone = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none", "--user", "4711:4711")
    command = ["podman", PODMAN[0], "run", "--rm", *PODMAN[1:], *alone, *arguments[:-1]]
    command += [image, *arguments[-1].split()]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_image_is_built_and_reads(image: str, tmp_path: Path) -> None:
    texts = write_pages(tmp_path / "documents", 2)
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    mounts = ("--volume", f"{tmp_path / 'documents'}:/documents:ro", "--volume", f"{out}:/out")
    assert run_in(image, "--version").stdout.startswith("ocr-project, version ")
    read = run_in(image, *mounts, "read /documents -o /out --to txt --set recognition.tesseract.languages=eng")
    assert read.returncode == 0, read.stdout + read.stderr
    assert (out / "text/page00001.txt").read_text() == f"{texts[1]}\n\f"
    assert "WARNING" not in read.stderr
    doctor = run_in(image, "doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    stages = run_in(
        image, "--entrypoint", "kedro", "--volume", f"{ROOT}:/project:ro", "--workdir=/project", "registry list"
    )
    assert "recognition" in stages.stdout, stages.stderr
