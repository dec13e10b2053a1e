"""A container that serves a model: started, waited for, and gone when we are, whatever happens to us.

It runs below the launcher, as our own servers do: the end of this process, `kill -9` included, ends it. Containers of
podman and docker live with conmon or a daemon: the launcher ends them by name. Should the launcher be killed as well,
the name says whose container it was, and the next start on this host removes it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import psutil

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options.container import ContainerEngine, ContainerOptions
from ocr_project.engine.models.served.container_commands import build_commands, engine_of, shares_network
from ocr_project.engine.models.served.probe import free_port, is_free, models_of
from ocr_project.engine.models.served.server_log import CONTAINER_REMEDIES, explain_server_log
from ocr_project.engine.running.containers import Commands, name_prefix, own_name

log = logging.getLogger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_TICK = 0.25  # seconds between two looks
_STOP_SECONDS = 45.0  # the launcher gives the stopping command 20, and what is left 10 and once more
_LIST_SECONDS = 60.0
_PULL_SECONDS = 3600.0
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ServedContainer:
    """One container. `start` waits until its server names its models; `close` ends it."""

    def __init__(self, image: str, options: ContainerOptions) -> None:
        """Start nothing.

        Args:
            image: As for `build_commands`.
            options: Of the container.
        """
        self._image = image
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._log = options.logs / "container.log"
        self._log_start = 0
        self.url = ""
        self.models: list[str] = []

    def __enter__(self) -> ServedContainer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the container and wait until its server names its models; `url` and `models` are known then.

        Raises:
            BackendError: It ends before, or takes too long; the message has the end of its log.
            OptionError: The options do not fit the image or the engine.
        """
        port = self._choose_port()
        commands = build_commands(self._image, own_name(str(port)), port, self._options)
        _remove_left_behind(commands)
        self.url = f"http://127.0.0.1:{port}"
        self._process = self._launch(commands)
        started = time.monotonic()
        try:
            self._wait(self._process, started)
        except BaseException:
            self.close()
            raise
        log.info("%s serves %s after %.0f s", self._image, ", ".join(self.models), time.monotonic() - started)

    def close(self) -> None:
        """End the container with everything in it. Idempotent; may be called before `start`."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()

    def _choose_port(self) -> int:
        own = self._options.port
        if own is None or not shares_network(self._options):
            return free_port()
        if not is_free(own):
            raise BackendError(
                f"port {own} of this host is taken, and the container has the host's network: end what listens there,"
                f" or change {self._options.option}.port"
            )
        return own

    def _launch(self, commands: Commands) -> subprocess.Popen[bytes]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        stop = ["--stop", json.dumps(commands.stop)] if commands.stop else []
        with self._log.open("ab") as output:
            self._log_start = output.tell()
            output.write(f"\n--- {time.strftime('%F %T')} {' '.join(commands.start)}\n".encode())
            output.flush()
            log.info("%s starts, its log is %s", self._image, self._log)
            return subprocess.Popen(
                [sys.executable, "-I", str(_LAUNCHER), *stop, *commands.start],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"USER": "ocr", **os.environ},  # ch-run wants one
                start_new_session=True,  # Ctrl-C is for us; the pipe tells the launcher
            )

    def _wait(self, process: subprocess.Popen[bytes], started: float) -> None:
        while (found := models_of(self.url)) is None:
            if process.poll() is not None:
                raise BackendError(
                    f"the container of {self._image} ended with status {process.returncode} before its server was"
                    f" ready: {self._explain()}"
                )
            if time.monotonic() - started > self._options.startup_seconds:
                raise BackendError(
                    f"the server in {self._image} named no models at {self.url}/v1/models within"
                    f" {self._options.startup_seconds:.0f} s ({self._options.option}.startup_seconds):"
                    f" {self._explain()}"
                )
            time.sleep(_TICK)
        self.models = found

    def _explain(self) -> str:
        option = self._options.option
        return explain_server_log(self._log, self._log_start, option=option, remedies=CONTAINER_REMEDIES)


def identify_image(image: str, options: ContainerOptions) -> str:
    """Return what tells an image from every other, for the identity of what it answers; no container is started.

    Returns:
        `sha256:…`: of podman and docker the digest by which a registry has it, otherwise that of its configuration;
        of a file its content; of a folder its names, modes and contents.

    Raises:
        BackendError: It is not here.
        OptionError: It is a URI without a digest, of which nothing can be known before it runs.
    """
    engine, program = engine_of(options)
    if engine in (ContainerEngine.PODMAN, ContainerEngine.DOCKER):
        return _digest_in_store(image, program, options)
    path = Path(image)
    if path.exists():
        return f"sha256:{_hash_tree(path)}"
    if found := _DIGEST.search(image):
        return found[0]
    if "://" in image:
        raise OptionError(f"{image} may be another image tomorrow: name it by digest (`…@sha256:…`), or pull it first")
    raise BackendError(f"there is no image {image}: {engine} wants the path of a folder or a file")


def _digest_in_store(image: str, program: tuple[str, ...], options: ContainerOptions) -> str:
    inspect = [*program, "image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", image]
    found = _output(inspect, _LIST_SECONDS)
    if found.returncode and options.pull:
        log.info("%s is not here: it is pulled", image)
        pulled = _output([*program, "pull", image], _PULL_SECONDS)
        if pulled.returncode:
            raise BackendError(f"{image} could not be pulled: {_last_lines(pulled.stderr)}")
        found = _output(inspect, _LIST_SECONDS)
    if found.returncode:
        raise BackendError(
            f"there is no image {image} here: pull it, or set {options.option}.pull=true ({_last_lines(found.stderr)})"
        )
    own, _, digests = found.stdout.strip().partition(" ")
    known = sorted(digest for name in json.loads(digests) or () for digest in _DIGEST.findall(name))
    return known[0] if known else f"sha256:{own.removeprefix('sha256:')}"


def _output(command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"`{' '.join(command)}` did not work: {error}") from error


def _last_lines(text: str) -> str:
    return " ".join(text.split())[-300:] or "it says nothing"


def _hash_tree(path: Path) -> str:
    """Hash a file, or a folder with the names, modes and contents of all that is in it; links by where they lead."""
    if path.is_file():
        return _hash_file(path)
    whole = hashlib.sha256()
    for folder, names, files in os.walk(path):
        names.sort()
        for name in sorted([*names, *files]):
            entry = Path(folder, name)
            told = entry.lstat()
            what = str(entry.readlink()) if entry.is_symlink() else _hash_file(entry) if entry.is_file() else ""
            whole.update(f"{entry.relative_to(path)}\0{told.st_mode:o}\0{what}\0".encode(errors="surrogateescape"))
    return whole.hexdigest()


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_left_behind(commands: Commands) -> None:
    """Remove containers of processes of this host that are gone: killed together with their launcher."""
    if not commands.left:
        return
    listed = subprocess.run(commands.left, capture_output=True, text=True, timeout=_LIST_SECONDS, check=False)
    for name in listed.stdout.split():
        owner = re.fullmatch(re.escape(name_prefix()) + r"(\d+)-(\d+)-\w+", name)
        if owner is not None and not _lives(int(owner[1]), int(owner[2])):
            log.warning("the container %s was left by a process that is gone: it is removed", name)
            _remove([*commands.remove, name])


def _remove(command: list[str]) -> None:
    """Remove a container; twice, since podman first finds out that conmon is gone as well, and fails."""
    for last in (False, True):
        removed = subprocess.run(command, capture_output=True, text=True, timeout=_LIST_SECONDS, check=False)
        if not removed.returncode:
            return
        if last:
            log.warning("`%s` did not work: %s", " ".join(command), _last_lines(removed.stderr))


def _lives(process: int, started: int) -> bool:
    try:
        return abs(psutil.Process(process).create_time() - started) < 2.0
    except psutil.NoSuchProcess:
        return False
