"""Servers that answer in number, length and pace as real ones do, and know nothing: what the machine costs.

Usage: python -m benchmarks.fake_servers [--pace 0] [--characters 1200] [--dimensions 2048] [--embed]

Each is a process of its own, as vLLM's are. It prints its address, and lives until its standard input is closed. Its
answers depend on what it is asked and on nothing else, so that two runs can be held against each other.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import numpy as np

from ocr_project.testing.fake_vllm import FakeVllm

MODEL = "fake"
_WORDS = 4_096  # of which answers are made, by Zipf's law
_POOL = 200_000  # words from which answers are cut
_LATEST = 0.5  # share of the pool in which an answer may begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pace", type=float, default=0.0, help="answers a second at most; 0: as many as it can")
    parser.add_argument("--characters", type=int, default=1_200, help="of an answer")
    parser.add_argument("--dimensions", type=int, default=2_048, help="of a vector")
    parser.add_argument("--embed", action="store_true", help="be a server that embeds")
    chosen = parser.parse_args()
    embed = vectors(chosen.dimensions) if chosen.embed else None
    with FakeVllm(read=texts(chosen.characters), embed=embed, model=MODEL, pace=chosen.pace) as server:
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def fake_servers(count: int, *arguments: str) -> Iterator[tuple[list[str], list[int]]]:
    """Start servers, each with a process of its own; yield their addresses and process numbers.

    Args:
        count: Of servers.
        arguments: Of this module, for each.
    """
    with ExitStack() as stack:
        started = [stack.enter_context(_server(arguments)) for _ in range(count)]
        yield [_address(process) for process in started], [process.pid for process in started]


@contextmanager
def _server(arguments: tuple[str, ...]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.fake_servers", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise SystemExit(f"a fake server ended with {process.wait()} before it had an address")
    return line


def texts(characters: int) -> Callable[[bytes, str, Mapping[str, Any]], str]:
    """Return a reader of images: words, always the same ones for an image."""

    def read(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        pool = _pool()
        start = zlib.crc32(image) % int(len(pool) * _LATEST)
        return pool[start : start + characters].partition(" ")[2].rpartition(" ")[0]

    return read


def vectors(dimensions: int) -> Callable[[Mapping[str, Any]], tuple[int, bytes]]:
    """Return what answers with a vector, always the same one for a request."""

    def embed(request: Mapping[str, Any]) -> tuple[int, bytes]:
        drawn = np.random.default_rng(zlib.crc32(json.dumps(request["messages"], sort_keys=True).encode()))
        vector = base64.b64encode(drawn.standard_normal(dimensions, np.float32).tobytes()).decode()
        return 200, json.dumps({"data": [{"index": 0, "embedding": vector}], "usage": {"prompt_tokens": 9}}).encode()

    return embed


@cache
def _pool() -> str:
    return " ".join(drawn_words(_POOL, seed=1))


def drawn_words(count: int, seed: int) -> list[str]:
    """Return Korean syllables in words of 2 to 5, some of them often."""
    drawn = random.Random(0)
    words = ["".join(chr(drawn.randrange(0xAC00, 0xD7A4)) for _ in range(drawn.choice((2, 3, 3, 4, 5))))
             for _ in range(_WORDS)]  # fmt: skip
    return random.Random(seed).choices(words, [1 / (rank + 1) for rank in range(_WORDS)], k=count)


if __name__ == "__main__":
    main()
