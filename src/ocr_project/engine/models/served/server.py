"""vLLM servers of our own: started, watched, started again where one dies, and gone when we are.

Servers on one GPU start one after another: vLLM measures the memory of the whole card while it starts and takes what
another server claims meanwhile for its own; requests wait until every server has been ready once, for the same
reason. With `--kv-cache-memory-bytes` among the arguments nothing is measured: all start at once, and each is asked as
soon as it is ready. Where what they run is not compiled yet, the first compiles it, and the others wait for its cache.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import ServerOptions, VisionCompile
from ocr_project.engine.models.served.compiled import cache_environment, settled
from ocr_project.engine.models.served.endpoints import Endpoint, Endpoints, from_thread
from ocr_project.engine.models.served.mps import Mps
from ocr_project.engine.models.served.probe import answers, free_port, models_of
from ocr_project.engine.models.served.scale import EAGER
from ocr_project.engine.models.served.server_log import explain_server_log
from ocr_project.engine.models.served.vision_plugin import VARIABLE
from ocr_project.engine.running.cards import nvml_number, only_card
from ocr_project.engine.running.events import EVENTS, Happening

log = logging.getLogger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_TICK = 0.25  # seconds between two looks
_LOOK_EVERY = 5.0  # seconds between two looks at the health of a server that is ready
_DEAF_AFTER = 120.0  # seconds without an answer to /health, after which a server counts as dead
_METHOD = "VLLM_WORKER_MULTIPROC_METHOD"
_SCHEDULER = "ocr_project.engine.models.served.gathering.GatheringScheduler"
_PREFILL_BATCH = "OCR_PROJECT_PREFILL_BATCH"  # it reads
_STOP_SECONDS = 25.0  # the launcher itself kills after 10, and once more


@dataclass(slots=True, eq=False)
class _Server:
    """One server and what is known of it."""

    gpu: int
    replica: int
    log: Path
    option: str
    endpoint: Endpoint = field(default_factory=lambda: Endpoint("", up=False))
    process: subprocess.Popen[bytes] | None = None
    log_start: int = 0
    card: int = -1  # by NVML's number, since its start
    started: float = 0.0
    ready: bool = False
    heard: float = 0.0
    deaths: int = 0

    @property
    def name(self) -> str:
        return f"GPU {self.gpu}, server {self.replica}"

    def explain(self) -> str:
        """Return what to do and the end of the log of its last start."""
        return explain_server_log(self.log, self.log_start, option=self.option)


class ServerFleet:
    """`replicas` servers on each of `gpus`. Starts with `begin` or `start`, ends with `close`."""

    def __init__(self, options: ServerOptions, arguments: Sequence[str] = (), pages: int | None = None) -> None:
        """Start nothing.

        Args:
            options: Of the servers; their urls are not looked at.
            arguments: Of `vllm serve`, that go before `options.server_args`: what the stage asks of its servers.
            pages: That there are to work on, which `auto` chooses by; None: not known.
        """
        options, self._mark = settled(options, arguments, pages)
        self._options = options
        self._arguments = tuple(arguments)
        self._mps = Mps(options)
        self._servers = [
            _Server(gpu, replica, options.logs / f"gpu{gpu}-{replica}.log", options.option)
            for gpu in options.gpus
            for replica in range(options.most_replicas)
        ]
        endpoints = [server.endpoint for server in self._servers]
        self.endpoints = Endpoints(endpoints, None, option=f"{options.option}.urls", requests=options.requests)
        self._lock = threading.Lock()  # around `endpoints`, until a loop has them
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="vllm-watch", daemon=True)
        self._opened = False
        self._error: BackendError | None = None

    def begin(self) -> None:
        """Start the servers and watch them, in the background, before anything asks them. Idempotent."""
        if self._thread.ident is None:
            log.info("%d servers are started for %s", len(self._servers), self._options.option)
            self._thread.start()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, where that has not been done; requests wait until servers are ready. Idempotent.

        Args:
            loop: The asyncio loop that uses `endpoints` from now on.
        """
        with self._lock:
            self._loop = loop
        self.begin()

    def wait(self) -> list[str]:
        """Wait until all servers are ready, and return their addresses.

        Raises:
            BackendError: One does not get ready.
        """
        while not self._opened and self._thread.is_alive():
            time.sleep(_TICK)
        if self._error is not None:
            raise self._error
        return [server.endpoint.url for server in self._servers]

    def close(self) -> None:
        """Stop every server, and whatever it started. Idempotent; may be called before `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        for server in self._servers:
            _let_go(server)
        deadline = time.monotonic() + _STOP_SECONDS
        for server in self._servers:
            _wait_or_kill(server, deadline)
        self._mps.close()
        if any(server.started for server in self._servers):
            EVENTS.note(Happening.SERVERS_GONE, self._stage)
            for server in self._servers:
                server.started = 0.0

    @property
    def _stage(self) -> str:
        return self._options.option.partition(".")[0]

    def _on_loop(self, call: Callable[[], None]) -> None:
        with self._lock:
            if self._loop is None:
                call()
            else:
                from_thread(self._loop, call)

    def _note(self, what: Happening, server: _Server) -> None:
        EVENTS.note(what, self._stage, server.name, gpu=server.card)

    def _watch(self) -> None:
        try:
            self._mps.start()
            while not self._stopping.is_set():
                for server in self._servers:
                    self._look(server)
                self._stopping.wait(_TICK)
        except BackendError as error:
            log.error("%s", error)
            self._fail(error)
        except Exception as error:
            log.exception("watching the servers failed")
            self._fail(BackendError(f"watching the servers failed: {error!r}"))

    def _fail(self, error: BackendError) -> None:
        self._error = error
        self._on_loop(lambda: self.endpoints.fail(error))

    def _look(self, server: _Server) -> None:
        if server.process is None:
            if self._may_start(server):
                self._launch(server)
        elif server.process.poll() is not None:
            self._died(server, f"ended with status {server.process.returncode}")
        elif not server.ready:
            self._look_whether_ready(server)
        elif time.monotonic() - server.heard > _LOOK_EVERY:
            self._look_whether_well(server)

    def _may_start(self, server: _Server) -> bool:
        if self._compiles_first(server):
            return False
        if self._options.is_sized:
            return True
        return not any(
            other.gpu == server.gpu and other.process is not None and not other.ready for other in self._servers
        )

    def _compiles_first(self, server: _Server) -> bool:
        """Say whether another server compiles what this one will run."""
        if server is self._servers[0] or self._opened or EAGER in self._options.server_args or self._mark.exists():
            return False
        return not self._servers[0].ready

    def _launch(self, server: _Server) -> None:
        port = free_port()
        command = [*_program(self._options), *serve_arguments(self._options, port, self._arguments)]
        server.log.parent.mkdir(parents=True, exist_ok=True)
        with server.log.open("ab") as output:
            server.log_start = output.tell()
            output.write(f"\n--- {time.strftime('%F %T')} {' '.join(command)}\n".encode())
            output.flush()
            server.process = subprocess.Popen(
                [sys.executable, "-I", str(_LAUNCHER), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_environment(self._options, server.gpu), **self._mps.environment},
                start_new_session=True,  # Ctrl-C is for us; the pipe tells the server
            )
        server.started, server.card = time.monotonic(), nvml_number(server.gpu)
        server.endpoint.url = f"http://127.0.0.1:{port}"
        self._note(Happening.SERVER_STARTED, server)
        log.info("%s starts on port %d, its log is %s", server.name, port, server.log)

    def _look_whether_ready(self, server: _Server) -> None:
        url = server.endpoint.url
        if answers(f"{url}/health") and self._options.model in (models_of(url) or ()):
            server.ready, server.heard = True, time.monotonic()
            log.info("%s is ready after %.0f s", server.name, server.heard - server.started)
            self._note(Happening.SERVER_READY, server)
            self._mark.write()
            self._open_up(server)
        elif time.monotonic() - server.started > self._options.startup_seconds:
            raise BackendError(
                f"the vLLM server ({server.name}) was not ready within {self._options.startup_seconds:.0f} s"
                f" ({self._options.option}.startup_seconds): {server.explain()}"
            )

    def _open_up(self, server: _Server) -> None:
        """Let requests in: to all servers once the last is ready for the first time, later to each by itself.

        Where none measures the memory of the card, to each by itself from the first.
        """
        alone = self._opened or self._options.is_sized
        if alone:
            self._set(server, up=True)
        if not self._opened and all(other.ready for other in self._servers):
            self._opened = True
            for other in self._servers if not alone else ():
                self._set(other, up=True)

    def _look_whether_well(self, server: _Server) -> None:
        if answers(f"{server.endpoint.url}/health"):
            server.heard = time.monotonic()
        elif time.monotonic() - server.heard > _DEAF_AFTER:
            _let_go(server)
            _wait_or_kill(server, time.monotonic() + _STOP_SECONDS)
            self._died(server, f"did not answer for {_DEAF_AFTER:.0f} s")

    def _died(self, server: _Server, how: str) -> None:
        if not server.ready and not server.deaths:
            raise BackendError(f"the vLLM server ({server.name}) {how} before it was ready: {server.explain()}")
        self._set(server, up=False)
        server.deaths += 1
        if server.deaths > self._options.restarts:
            raise BackendError(
                f"the vLLM server ({server.name}) {how}, for the {server.deaths}th time; finished work is kept:"
                f" {server.explain()}"
            )
        self._note(Happening.SERVER_DIED, server)
        log.warning("%s %s; it is started again, its requests are asked again", server.name, how)
        _let_go(server)
        server.process, server.ready = None, False

    def _set(self, server: _Server, *, up: bool) -> None:
        url = server.endpoint.url
        self._on_loop(lambda: self.endpoints.set(server.endpoint, up=up, url=url))


def serve_arguments(options: ServerOptions, port: int, own: Sequence[str] = ()) -> list[str]:
    """Return the arguments of `vllm`: options that 0.26.0 and 0.32.0 both have.

    Args:
        own: Of the stage that asks; they go before `options.server_args`.
    """
    share = options.gpu_memory_utilization / options.most_replicas
    arguments = ["serve", options.model, "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--served-model-name", options.model]
    arguments += ["--revision", options.revision] if options.revision else []
    arguments += ["--quantization", options.quantization] if options.quantization else []
    arguments += ["--gpu-memory-utilization", f"{share:.4g}", "--max-model-len", str(options.max_model_len)]
    arguments += ["--max-num-batched-tokens", str(options.max_num_batched_tokens)]
    arguments += ["--max-num-seqs", str(options.max_num_seqs)]
    arguments += ["--enable-chunked-prefill" if options.chunked_prefill else "--no-enable-chunked-prefill"]
    # crops are asked about once; and more than one renderer needs the processor's cache off
    arguments += ["--enable-prefix-caching" if options.prefix_caching else "--no-enable-prefix-caching"]
    if not options.prefix_caching or options.renderer_workers > 1:
        arguments += ["--mm-processor-cache-gb", "0"]
    arguments += ["--scheduler-cls", _SCHEDULER] if options.admitted_together else []
    arguments += ["--limit-mm-per-prompt", json.dumps({"image": 1, "video": 0})]
    arguments += ["--renderer-num-workers", str(options.renderer_workers)]
    return [*arguments, *own, *options.server_args]


def _program(options: ServerOptions) -> Sequence[str]:
    return options.command or (sys.executable, "-m", "vllm.entrypoints.cli.main")


def _environment(options: ServerOptions, gpu: int) -> dict[str, str]:
    own = {
        **only_card(gpu, f"{options.option}.gpus"),
        "OMP_NUM_THREADS": str(options.threads),
        "VLLM_NO_USAGE_STATS": "1",
        # the engine's process has what its parent imported; a person's own choice stays (docs/log.md, 2026-11-29)
        _METHOD: os.environ.get(_METHOD, "fork"),
        "PYTHONUNBUFFERED": "1",
    }
    if options.compile_vision not in (VisionCompile.EAGER, VisionCompile.AUTO):
        own[VARIABLE] = options.compile_vision.value
    if options.admitted_together:
        own[_PREFILL_BATCH] = str(options.admitted_together)
    inherited = {name: value for name, value in os.environ.items() if name != "VLLM_API_KEY"}  # ours need no key
    return {**inherited, **cache_environment(), **own}


def _let_go(server: _Server) -> None:
    """Close the pipe that keeps a server running."""
    if server.process is not None and server.process.stdin is not None:
        server.process.stdin.close()


def _wait_or_kill(server: _Server, deadline: float) -> None:
    if server.process is None:
        return
    try:
        server.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(server.process.pid, 9)
        server.process.wait()
