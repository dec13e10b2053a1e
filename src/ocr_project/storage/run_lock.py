"""One run at a time in a data folder, or the workers of one launch.

`data/.lock` is opened, locked by the kernel (`flock`), and says in JSON whose it is. Each part does what the other
cannot:

- **flock** decides among processes of one kernel, containers included. Only one of many gets it, and the kernel frees
  it when its process ends in whatever way, `kill -9` included. The descriptor is not inherited by programs that are
  started (`O_CLOEXEC`), so no server that outlives its run keeps the lock.
- **The JSON** is for people, and for what flock does not see: a run on another host, where a network file system keeps
  flocks to the host that asked. It is written and judged only by who holds the flock, so of two that find a
  stale one a single one takes it over. A run that ends empties it; one that was killed leaves it. Left by this kernel
  (same boot id) or by this host before it was started again, it is stale. Left by another host, it is unknown here:
  the run is refused, and a person deletes the file.

Where the file system has no flock at all (some mounts of Lustre), the JSON alone is judged: its process lives where
one of the same number began at the same time. Two runs that begin within the same milliseconds may then both go on.

Workers that share the work (`kedro launch`, `runtime.slice`) hold the flock together (`LOCK_SH`): each keeps out a
run that wants the folder for itself, and such a run keeps all of them out. The JSON is that of the first, and names
their launch; whether workers on other hosts live is told by their signs of life there (claims.py).

The file itself stays: deleting it would let one process lock what another cannot see any more.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import logging
import os
import shlex
import socket
import sys
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import psutil

from ocr_project.domain.errors import FolderBusy
from ocr_project.storage.atomic import storing
from ocr_project.storage.claims import boot_id, living

log = logging.getLogger(__name__)

NAME = ".lock"
SLICES = "slices"  # what runs of `runtime.slice` have in common
_MOST_BYTES = 65_536
_SHARED_BYTES = 4096  # of one length, so that workers that write at once leave the words of one of them
_LONGEST_COMMAND = 300  # characters of it that are kept
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})
_MACHINE = Path("/etc/machine-id")
_held: set[RunLock] = set()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a lock is.

    Attributes:
        pid: Of the process, as its container or host counts.
        created: When the process began, seconds since 1970: with `pid` it tells a process from a later one of the
            same number.
        host: Name of the host or container.
        machine: /etc/machine-id; an empty string where there is none.
        boot: Of the kernel: another one after each start of the machine, the same in all containers.
        command: As it was typed.
        started: When the lock was taken, local time.
        launch: Folder of the launch whose worker it is, or `SLICES`; empty for a run of its own.
    """

    pid: int
    created: float
    host: str
    machine: str
    boot: str
    command: str
    started: str
    launch: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, `{self.command}`, since {self.started}"


class RunLock:
    """The lock of a data folder. Not for several threads."""

    def __init__(self, folder: Path, launch: str = "") -> None:
        """Name a folder.

        Args:
            folder: The data folder.
            launch: The launch whose workers hold the lock together, or `SLICES`; empty: this process alone.
        """
        self.path, self._launch = folder / NAME, launch
        self._descriptor: int | None = None
        self._pid = 0

    def take(self) -> None:
        """Take the lock, at once or not at all.

        Raises:
            FolderBusy: Another run has it, or may have it.
            StorageError: The folder cannot be written to.
        """
        while True:
            descriptor = self._opened()
            try:
                if self._claimed(descriptor):
                    break
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
        self._descriptor, self._pid = descriptor, os.getpid()
        _held.add(self)

    def release(self) -> None:
        """Release the lock. Idempotent; does nothing in a forked child, which does not own it."""
        if self._descriptor is not None and self._pid == os.getpid():
            descriptor, self._descriptor = self._descriptor, None
            _held.discard(self)
            if not self._launch:  # other workers may hold it still
                os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def _opened(self) -> int:
        with storing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def _claimed(self, descriptor: int) -> bool:
        """Lock the open file and write into it; return False where it is no longer the file of that name."""
        try:
            locked = _flock(descriptor, fcntl.LOCK_SH if self._launch else fcntl.LOCK_EX)
        except BlockingIOError:
            raise FolderBusy(self._refusal(_read_owner(descriptor))) from None
        if not self._is_named(descriptor):
            return False
        me = replace(_this_process(), launch=self._launch)
        left = _read_owner(descriptor)
        if left is not None and left.launch:
            self._judge_launch(left, exclusive=locked and not self._launch)
        elif left is not None:
            self._judge(left, me, exclusive=locked)
        with storing(self.path):
            text = json.dumps(asdict(me)).encode()
            if self._launch:
                os.pwrite(descriptor, text.ljust(_SHARED_BYTES), 0)
            else:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, text, 0)
        return True

    def _is_named(self, descriptor: int) -> bool:
        """Say whether the open file still has the lock's name: it may have been deleted since it was opened."""
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def _judge(self, left: Owner, me: Owner, *, exclusive: bool) -> None:
        """Decide whether a lock that names another run is stale.

        Args:
            exclusive: Whether this process holds the flock: then no other of this kernel does.

        Raises:
            FolderBusy: It is not, or it cannot be known.
        """
        if left.boot == me.boot:
            if not exclusive and _lives(left):
                raise FolderBusy(self._refusal(left))
        elif (left.host, left.machine) != (me.host, me.machine):
            raise FolderBusy(
                f"{self.path.parent} was locked by {left}; whether that still runs cannot be seen from {me.host}."
                f" If you are sure that it does not, delete {self.path} and run again"
            )
        log.warning("%s was left locked by %s, which is gone: the lock is taken over", self.path.parent, left)

    def _judge_launch(self, left: Owner, *, exclusive: bool) -> None:
        """Decide whether the workers of a launch are gone; those of this one are welcome.

        Args:
            left: The first of them.
            exclusive: Whether this process holds the flock alone: then those of this kernel are gone, killed or not,
                and no sign of life need be waited for.

        Raises:
            FolderBusy: They are not, or it cannot be known.
        """
        if left.launch == self._launch:
            return
        if left.launch == SLICES:
            me = _this_process()
            if left.boot != me.boot and (left.host, left.machine) != (me.host, me.machine):
                raise FolderBusy(
                    f"{self.path.parent} was shared by runs of `runtime.slice`, the first of them {left}; whether one"
                    f" still runs cannot be seen from {me.host}. If all are done, delete {self.path} and run again"
                )
            return
        os.utime(self.path)
        at_work = living(Path(left.launch), self.path.stat().st_mtime)
        here = boot_id()
        at_work = [worker for worker in at_work if not exclusive or worker.boot != here]
        if at_work:
            hosts = ", ".join(sorted({worker.host for worker in at_work}))
            raise FolderBusy(
                f"{self.path.parent} is in use: {len(at_work)} workers of {left.launch} are at work on {hosts}."
                f" `kedro launch status` shows them; workers that were killed are gone after"
                f" {at_work[0].lease_seconds:.0f} seconds"
            )

    def _refusal(self, owner: Owner | None) -> str:
        by = f"another run is at work: {owner}" if owner else "another run has just begun"
        return f"{self.path.parent} is in use, {by}. Wait until it is done, or end it; one run at a time"


def release_all() -> None:
    """Give back what this process holds: for one that ends without going through its `finally` blocks."""
    for lock in list(_held):
        lock.release()


atexit.register(release_all)


def _flock(descriptor: int, how: int) -> bool:
    """Lock an open file, `LOCK_EX` or `LOCK_SH`; return False where the file system has no locks.

    Raises:
        BlockingIOError: Another process has it.
    """
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        log.warning("the file system of the data folder has no locks (%s): do not begin two runs at once", error)
        return False
    return True


def _read_owner(descriptor: int) -> Owner | None:
    """Return whose the lock is; None where it is free, or its owner has not written yet."""
    content = os.pread(descriptor, _MOST_BYTES, 0)
    try:
        return Owner(**json.loads(content)) if content.strip() else None
    except (ValueError, TypeError) as error:
        log.warning("the lock of the data folder cannot be read (%s): it counts as free", error)
        return None


def _this_process() -> Owner:
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return Owner(
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        host=socket.gethostname(),
        machine=_line(_MACHINE),
        boot=boot_id(),
        command=command if len(command) <= _LONGEST_COMMAND else f"{command[:_LONGEST_COMMAND]}…",
        started=datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
    )


def _line(path: Path) -> str:
    return path.read_text("ascii").strip() if path.is_file() else ""


def _lives(owner: Owner) -> bool:
    try:
        return abs(psutil.Process(owner.pid).create_time() - owner.created) < 1.0
    except psutil.NoSuchProcess:
        return False
