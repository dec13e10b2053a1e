"""The service that lets servers share a GPU: found or not, started, ended, and what it says when it fails."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import Sharing, VllmOptions
from ocr_project.engine.models.served import mps
from ocr_project.engine.models.served.mps import Mps

GOOD = '#!/bin/sh\ntouch "$CUDA_MPS_PIPE_DIRECTORY/control"\necho $$ > "$CUDA_MPS_PIPE_DIRECTORY/pid"\nexec sleep 60\n'
BAD = "#!/bin/sh\necho 'no CUDA-capable device'\nexit 3\n"


@pytest.fixture
def options(tmp_path: Path) -> VllmOptions:
    return VllmOptions(logs=tmp_path / "logs", replicas=4)


def install(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program in the place of the driver's, alone on the PATH but for the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "nvidia-cuda-mps-control").write_text(script)
    (folder / "nvidia-cuda-mps-control").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mps, "_PLACES", (str(tmp_path),))


def alive(pid: int) -> bool:
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0


def test_it_serves_from_start_to_close(options: VllmOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(GOOD, tmp_path, monkeypatch)
    service = Mps(options)
    assert service.environment == {}
    service.start()
    folder = Path(service.environment["CUDA_MPS_PIPE_DIRECTORY"])
    while not (folder / "pid").exists():  # written after the file that is waited for
        time.sleep(0.01)
    pid = int((folder / "pid").read_text())
    assert alive(pid)
    service.close()
    assert not alive(pid)
    assert not folder.exists()
    service.close()


@pytest.mark.parametrize(("visible", "kept"), [("1", []), ("0, 1", []), ("MIG-a", ["CUDA_VISIBLE_DEVICES=MIG-a"])])
def test_it_is_shown_all_cards_or_those_that_have_names(
    visible: str, kept: list[str], options: VllmOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(GOOD.replace("touch", 'env > "$CUDA_MPS_PIPE_DIRECTORY/shown"\ntouch'), tmp_path, monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    service = Mps(options)
    service.start()
    shown = Path(service.environment["CUDA_MPS_PIPE_DIRECTORY"], "shown").read_text().splitlines()
    service.close()
    assert [line for line in shown if line.startswith("CUDA_VISIBLE_DEVICES")] == kept
    assert any(line.startswith("PATH=") for line in shown)


@pytest.mark.usefixtures("nowhere")
def test_without_the_program_auto_goes_by_turns_and_mps_says_what_to_do(options: VllmOptions) -> None:
    service = Mps(options)
    service.start()
    assert service.environment == {}
    with pytest.raises(BackendError, match="sharing to time"):
        Mps(options.model_copy(update={"sharing": Sharing.MPS}))


@pytest.mark.parametrize("change", [{"replicas": 1}, {"sharing": Sharing.TIME}], ids=["one server", "by turns"])
def test_it_is_not_started_where_it_is_of_no_use(
    change: dict[str, object], options: VllmOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(GOOD, tmp_path, monkeypatch)
    service = Mps(options.model_copy(update=change))
    service.start()
    assert service.environment == {}


def test_a_service_that_ends_at_once_is_an_error_with_its_words(
    options: VllmOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(BAD, tmp_path, monkeypatch)
    with pytest.raises(BackendError, match="no CUDA-capable device"):
        Mps(options).start()
