"""Chromium over its DevTools protocol: real pages of a real server, with and without scripts."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_PATIENCE = 120.0


class Browser:
    """One tab. Its methods wait until what they ask for is done."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._loop, self._socket, self._count = loop, socket, 0
        self.faults: list[str] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        return self._loop.run_until_complete(self._call(method, parameters))

    def open(self, address: str) -> None:
        """Go to a page."""
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def see(self, expression: str) -> Any:
        """Return the value of an expression; it also works where scripts of the page do not."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + _PATIENCE
        while not self.see(expression):
            assert time.monotonic() < deadline, (
                f"{expression} did not come true: {self.see('document.body.innerText')}"
            )
            time.sleep(0.05)

    def leave_by(self, expression: str) -> None:
        """Do what leads to another page, and wait for that."""
        self.see(f"window.before = true; {expression}; 0")
        self.wait("!window.before && document.readyState === 'complete'")

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files for an input."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    def scripts(self, allowed: bool) -> None:
        """Let pages that are opened from now on have scripts, or not."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def size(self, width: int, height: int) -> None:
        """Make the window so large."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        number = self._count
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await self._socket.receive_json()
                self._hear(answer)
                if answer.get("id") == number:
                    assert "error" not in answer, f"{method}: {answer}"
                    result: dict[str, Any] = answer["result"]
                    return result

    def _hear(self, answer: dict[str, Any]) -> None:
        if answer.get("method") == "Runtime.exceptionThrown":
            self.faults.append(str(answer["params"]["exceptionDetails"]))
        if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
            self.faults.append(str(answer["params"]["entry"]))


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and yield a tab."""
    assert CHROMIUM
    profile = folder / "profile"
    command = [
        CHROMIUM,
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--remote-debugging-port=0",
    ]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    command += [*(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    loop = asyncio.new_event_loop()
    try:
        session = loop.run_until_complete(_session())
        socket = loop.run_until_complete(_connect(session, profile / "DevToolsActivePort"))
        browser = Browser(loop, socket)
        for domain in ("Page", "Runtime", "DOM", "Log"):
            browser.call(f"{domain}.enable")
        yield browser
        loop.run_until_complete(socket.close())
        loop.run_until_complete(session.close())
    finally:
        loop.close()
        process.kill()
        process.wait()


async def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession()


async def _connect(session: aiohttp.ClientSession, port: Path) -> aiohttp.ClientWebSocketResponse:
    deadline = time.monotonic() + _PATIENCE
    while not (port.is_file() and len(port.read_text().splitlines()) > 1):
        assert time.monotonic() < deadline, "Chromium did not start"
        await asyncio.sleep(0.05)
    address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json/list"
    while True:
        async with session.get(address) as answer:
            tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
        if tabs:
            return await session.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=0)
        await asyncio.sleep(0.05)
