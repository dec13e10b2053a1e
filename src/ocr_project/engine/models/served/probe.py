"""What a server on this machine says of itself, and which port is free."""

from __future__ import annotations

import json
import socket
import urllib.request
from http.client import HTTPException

_PROBE_SECONDS = 5.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business on this machine


def answers(url: str) -> bool:
    """Say whether a server gives a good answer."""
    return fetch(url) is not None


def fetch(url: str) -> bytes | None:
    """Return the body of a good answer, None for anything else: that is what a server that starts gives."""
    try:
        with _DIRECT.open(url, timeout=_PROBE_SECONDS) as response:
            return bytes(response.read())
    except (OSError, ValueError, HTTPException):
        return None


def models_of(url: str) -> list[str] | None:
    """Return the names of the models that a server has; None where it does not say (yet).

    Args:
        url: Of the server, without `/v1`.
    """
    try:
        return [str(entry["id"]) for entry in json.loads(fetch(f"{url}/v1/models") or b"")["data"]]
    except (ValueError, KeyError, TypeError):
        return None


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now; another program may take it before its server does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a server may listen on a port of 127.0.0.1."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
