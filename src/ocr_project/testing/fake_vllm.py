"""A server that speaks vLLM's protocol and misbehaves on order; also an executable that stands in for `vllm serve`.

In a test: `with FakeVllm(read=..., faults=...) as server: ... server.url`. As an executable: `EXECUTABLE`, followed by
`serve MODEL --port N …`; the environment variable FAKE_VLLM says what it does. Only the standard library.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXECUTABLE = (sys.executable, str(Path(__file__).resolve()))  # for the option `command` of servers
FAULTS = ("429", "500", "hang", "drop", "half", "empty", "loop", "die")
LOOP = "the same line for ever\n" * 60
_GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)  # the client has, or this server ends

Read = Callable[[bytes, str, Mapping[str, Any]], str]
Embed = Callable[[Mapping[str, Any]], tuple[int, bytes]]
Order = Callable[[int, Mapping[str, Any]], str | None]


def echo(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
    """Answer with the prompt and the size of the image."""
    return f"{prompt} {len(image)} bytes"


@dataclass
class FakeVllm:
    """The server, on a thread of its own.

    Attributes:
        read: Image, prompt and request to the text of the answer.
        faults: Number of the request (from 0) and its body to one of `FAULTS`, or None for an honest answer.
        model: What `/v1/models` names.
        models: Its whole answer, instead.
        delay: Seconds before an answer.
        hold: Called with each request, returns what has to be true before it is answered; None: nothing has.
        pace: Answers per second at most, as a card has its limit; 0: as many as this process can.
        embed: Request to the status and body of the answer, of a server that embeds (`/v1/embeddings`).
        dead: Seconds for which connections are refused after `die`.
        port: To listen on; 0 is any that is free.
        host: To listen on: in a container 0.0.0.0, otherwise what is published cannot reach it.
        keep: Whether the bodies of requests are kept in `bodies`.
        requests: How many have come.
        in_flight: How many are being answered now; `most_in_flight`: at most so far.
        done: Answers by fault; `ok` for honest ones.
        key: Which has to be sent as a bearer token; None: no key is asked for.
        retry_after: Header of an answer 429.
        reason: Request to the finish reason of its answer.
    """

    read: Read = echo
    faults: Order = lambda number, body: None
    model: str = "fake"
    delay: float = 0.0
    dead: float = 0.3
    port: int = 0
    host: str = "127.0.0.1"
    keep: bool = False
    requests: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    done: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    key: str | None = None
    retry_after: str | None = "0.05"
    reason: Callable[[Mapping[str, Any]], str] = lambda request: "stop"
    embed: Embed | None = None
    models: bytes | None = None
    pace: float = 0.0
    hold: Callable[[], Callable[[], bool]] | None = None

    def __enter__(self) -> FakeVllm:
        self._loop = asyncio.new_event_loop()
        self._free = 0.0  # when the next answer may be begun, by the loop's clock
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-vllm", daemon=True)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dying: asyncio.Task[None] | None = None
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """Address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connection, self.host, self.port, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        tasks = {*self._tasks, *filter(None, [self._dying])}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _die_and_come_back(self) -> None:
        self._server.close()
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(self.dead)
        await self._listen()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(*_GONE):
                while head := await _head(reader):
                    path, headers = head
                    body = await reader.readexactly(int(headers.get("content-length", 0)))
                    if not await self._respond(path, headers, body, writer):
                        break
        finally:
            self._tasks.discard(task)
            with suppress(ConnectionError):
                writer.close()

    async def _respond(self, path: str, headers: Mapping[str, str], body: bytes, to: asyncio.StreamWriter) -> bool:
        """Answer one request; False ends the connection."""
        if path == "/health":
            return await _send(to, 200, b"")
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return await _send(to, 401, b'{"error": {"message": "Unauthorized"}}')
        if path == "/v1/models":
            listed = json.dumps({"data": [{"id": self.model}]}).encode()
            return await _send(to, 200, listed if self.models is None else self.models)
        if path != ("/v1/chat/completions" if self.embed is None else "/v1/embeddings"):
            return await _send(to, 404, b"{}")
        request = json.loads(body)
        number, self.requests = self.requests, self.requests + 1
        if self.keep:
            self.bodies.append(request)
        fault = self.faults(number, request)
        self.done[fault or "ok"] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            may_answer = None if self.hold is None else self.hold()
            await asyncio.sleep(self.delay + self._turn())
            while may_answer is not None and not may_answer():
                await asyncio.sleep(0.002)
            return await self._act(fault, request, to)
        finally:
            self.in_flight -= 1

    def _turn(self) -> float:
        """Return the seconds until it is a request's turn."""
        if not self.pace:
            return 0.0
        now = self._loop.time()
        self._free = max(self._free, now) + 1 / self.pace
        return self._free - now

    async def _act(self, fault: str | None, request: Mapping[str, Any], to: asyncio.StreamWriter) -> bool:
        match fault:
            case "429":
                extra = {"Retry-After": self.retry_after} if self.retry_after else {}
                return await _send(to, 429, b'{"error": {"message": "too many requests"}}', extra)
            case "500":
                return await _send(to, 500, b'{"error": {"message": "engine is unwell"}}')
            case "400":
                return await _send(to, 400, b'{"error": {"message": "the prompt is too long"}}')
            case "hang":
                await asyncio.sleep(3600)
            case "drop":
                to.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{" + b'"id"'
                )
                await to.drain()
                return False
            case "half":
                _, answer = await self._honest(request)
                return await _send(to, 200, answer[: len(answer) // 2])
            case "empty":
                return await _send(to, 200, _answer("", "stop"))
            case "loop":
                return await _send(to, 200, _answer(LOOP, "length"))
            case "die":
                self._dying = asyncio.create_task(self._die_and_come_back())
                return False
        return await _send(to, *await self._honest(request))

    async def _honest(self, request: Mapping[str, Any]) -> tuple[int, bytes]:
        if self.embed is not None:
            return await asyncio.to_thread(self.embed, request)
        text = self.read(*_image_and_prompt(request), request)
        return 200, _answer(text, "length" if text == LOOP else self.reason(request))


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return first.split(" ")[1], {name.lower(): value for name, value in headers.items()}


async def _send(to: asyncio.StreamWriter, status: int, body: bytes, extra: Mapping[str, str] | None = None) -> bool:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(extra or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    to.write(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body)
    await to.drain()
    return True


def _image_and_prompt(request: Mapping[str, Any]) -> tuple[bytes, str]:
    image, prompt = b"", ""
    for part in request["messages"][-1]["content"]:
        if part["type"] == "image_url":
            head, data = part["image_url"]["url"].split(",", 1)
            assert head in ("data:image/png;base64", "data:image/jpeg;base64")
            image = base64.b64decode(data, validate=True)
        else:
            prompt = part["text"]
    return image, prompt


def _answer(text: str, reason: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    usage = {"prompt_tokens": 100, "completion_tokens": max(1, len(text) // 2), "total_tokens": 0}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


ENGINE = "import time; time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB."


def main(arguments: list[str]) -> int:
    """Stand in for `vllm serve`.

    FAKE_VLLM says how: ok, never (ready), exit, oom, or impostor (with another model). While FAKE_VLLM_LIVES names a
    file with a number above 0, the server dies at its tenth request and counts the number down. FAKE_VLLM_PIDS is a
    file that collects processes, FAKE_VLLM_HOST where it listens, FAKE_VLLM_START after how many seconds it does.

    Returns:
        The exit status.
    """
    how = os.environ.get("FAKE_VLLM", "ok")
    print("fake vllm:", how, *arguments, flush=True)
    if how == "exit":
        print("ValueError: this went wrong", flush=True)
        return 1
    if how == "oom":
        print(OUT_OF_MEMORY, flush=True)
        return 1
    _note(os.getpid())
    # an engine in a session of its own; FAKE_VLLM_DEAF: that does not listen to SIGTERM
    engine = (DEAF if "FAKE_VLLM_DEAF" in os.environ else "") + ENGINE
    _note(subprocess.Popen([sys.executable, "-c", engine], start_new_session=True).pid)
    if how == "never":
        time.sleep(600)
    port = int(arguments[arguments.index("--port") + 1])
    embed = _same_vector if "--runner" in arguments else None
    model = "another" if how == "impostor" else arguments[1]
    host = os.environ.get("FAKE_VLLM_HOST", "127.0.0.1")
    time.sleep(float(os.environ.get("FAKE_VLLM_START", "0")))
    with FakeVllm(port=port, host=host, model=model, faults=_lives, embed=embed) as server:
        print("Application startup complete.", flush=True)
        while server.port:
            time.sleep(0.1)
    return 0


def _same_vector(request: Mapping[str, Any]) -> tuple[int, bytes]:
    assert request["encoding_format"] == "base64"
    vector = base64.b64encode(struct.pack("<2048f", *([0.5] * 2048))).decode()
    return 200, json.dumps({"data": [{"index": 0, "embedding": vector}], "usage": {"prompt_tokens": 9}}).encode()


def _note(process: int) -> None:
    if path := os.environ.get("FAKE_VLLM_PIDS"):
        with Path(path).open("a") as file:
            file.write(f"{process}\n")


def _lives(number: int, body: Mapping[str, Any]) -> str | None:
    """Die at the tenth request while the file says so."""
    path = Path(os.environ.get("FAKE_VLLM_LIVES", "/nowhere"))
    if number < 9 or not path.exists() or (lives := int(path.read_text())) <= 0:
        return None
    path.write_text(str(lives - 1))
    print("the engine died", flush=True)
    os._exit(7)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
