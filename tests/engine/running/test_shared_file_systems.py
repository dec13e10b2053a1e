"""What workers ask of the folder that they share, where it has less than a local disk, or clocks that differ.

exFAT through FUSE has no hard links, no symbolic links, no modes, and times in steps of two seconds; it needs root and
Debian's exfat-fuse and exfatprogs. Elsewhere a shim refuses links, and another one plays the cache of NFS.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocr_project.storage.atomic import atomic_folder, atomic_text
from ocr_project.storage.claims import Claims, Worker, workers_of
from ocr_project.storage.run_lock import RunLock
from tests.engine.running.test_sharing import WANTED, make, rows, runtime
from tests.waiting import PATIENCE

LEASE = 4.0  # longer than the steps of exFAT's times
WORKER = f"""
import errno, os, sys
from pathlib import Path
from ocr_project.domain.options import RuntimeOptions
def refuse(*given, **more):
    raise OSError(errno.EPERM, "there are no links here")
if sys.argv[3] == "refused":
    os.link = os.symlink = refuse
from tests.engine.running.test_sharing import make
runtime = RuntimeOptions(workers=1, progress=False, launch=sys.argv[2], lease_seconds={LEASE}, ahead=1)
make(Path(sys.argv[1]), runtime, 0.03)
"""
# Claims a shard, says whether it got it, and waits; its clock is wrong by some hours.
SKEWED = """
import sys, time
from pathlib import Path
true_time, off = time.time, float(sys.argv[3])
time.time = lambda: true_time() + off
from ocr_project.storage.claims import Claims, Worker
claims = Claims(Worker(Path(sys.argv[1]), float(sys.argv[2])), "lineage")
print(claims.take("theirs"), claims.take("own"), flush=True)
time.sleep(60)
"""


def mount_exfat(folder: Path) -> None:
    """Mount a fresh exFAT at a folder."""
    programs = ("mkfs.exfat", "mount.exfat-fuse", "losetup")
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"{', '.join(missing)}: not installed; Debian's exfat-fuse and exfatprogs")
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("mounting exFAT needs root and /dev/fuse")
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(64 << 20)
    folder.mkdir()
    subprocess.run(["mkfs.exfat", str(image)], check=True, capture_output=True)
    shown = subprocess.run(["losetup", "--find", "--show", str(image)], capture_output=True, text=True, check=False)
    if shown.returncode:
        pytest.skip(f"no loop device here: {shown.stderr.strip()}")
    mounted = subprocess.run(["mount.exfat-fuse", shown.stdout.strip(), str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        subprocess.run(["losetup", "--detach", shown.stdout.strip()], check=False)
        pytest.skip(f"FUSE does not mount here: {mounted.stderr!r}")


def unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)
    listed = subprocess.run(
        ["losetup", "--associated", str(folder.with_suffix(".img"))], capture_output=True, text=True
    )
    if device := listed.stdout.partition(":")[0]:
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture(params=["refused", "exfat"])
def linkless(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return what refuses links, and a folder there."""
    folder = tmp_path / "shared"
    if request.param == "refused":
        folder.mkdir()
        yield request.param, folder
        return
    mount_exfat(folder)
    try:
        (folder / "one").touch()
        with pytest.raises(PermissionError):
            os.link(folder / "one", folder / "two")
        yield request.param, folder
    finally:
        unmount(folder)


def start(how: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, str(folder / "pages"), str(folder / "launch"), how])


def test_workers_share_a_folder_without_hard_links_and_one_is_killed(linkless: tuple[str, Path]) -> None:
    how, folder = linkless
    first, second = start(how, folder), start(how, folder)
    try:
        until = time.monotonic() + PATIENCE
        while len(list(folder.glob("launch/claims/*/*.done"))) < 6:
            assert time.monotonic() < until
            time.sleep(0.05)
        first.kill()
        first.wait()
        assert second.wait(PATIENCE) == 0
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
    assert sorted(rows(folder / "pages")) == sorted(
        (f"{name.partition('_')[0]}_{number:05}", number) for name in WANTED for number in (1, 2, 3)
    )
    assert make(folder / "pages", runtime()) == [], "and a run of its own finds nothing left"


def test_what_is_written_at_once_and_locked_needs_no_links(linkless: tuple[str, Path]) -> None:
    _, folder = linkless
    for content in ("one", "two"):
        with atomic_text(folder / "file") as file:
            file.write(content)
        with atomic_folder(folder / "index") as draft:
            (draft / "part").write_text(content)
    assert [(folder / "file").read_text(), (folder / "index/part").read_text()] == ["two", "two"]
    lock = RunLock(folder / "data")
    lock.take()
    code = "import pathlib, sys; from ocr_project.storage.run_lock import *; RunLock(pathlib.Path(sys.argv[1])).take()"
    other = subprocess.run([sys.executable, "-c", code, str(folder / "data")], capture_output=True, text=True)
    lock.release()
    assert "FolderBusy" in other.stderr


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_worker_whose_clock_is_wrong_neither_takes_nor_loses_shards(hours: float, tmp_path: Path) -> None:
    worker = Worker(tmp_path, 60)
    claims = Claims(worker, "lineage")
    assert claims.take("theirs")
    command = (sys.executable, "-c", SKEWED, str(tmp_path), "60", str(hours * 3600))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "False True\n", "it does not take what a living worker has"
        skewed = next(info for info in workers_of(tmp_path) if info.pid == process.pid)
        assert abs(skewed.began - time.time() - hours * 3600) < 60, "its clock was wrong"
        assert worker.is_alive(skewed.name)
        assert not claims.take("own")
        process.kill()


def test_a_worker_whose_signs_of_life_are_cached_is_not_taken_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS answers `stat` of a name out of a cache, up to a minute old by default; opening a file asks the server."""
    worker, other = Worker(tmp_path, 60), Worker(tmp_path, 60)
    file = tmp_path / "workers" / f"{other.info.name}.json"
    true_stat = Path.stat

    def cached(path: Path, **how: Any) -> os.stat_result:
        found = true_stat(path, **how)
        if path != file:
            return found
        values = list(found)
        values[7:10] = (found.st_atime - 90, found.st_mtime - 90, found.st_ctime - 90)
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", cached)
    assert worker.now() - file.stat().st_mtime > 60
    assert worker.is_alive(other.info.name)
    assert all(worker.now() - seen < 60 for seen in workers_of(tmp_path).values())
