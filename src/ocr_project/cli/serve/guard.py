"""Who may ask: pages of this server in a browser of this machine, and no other site that is open beside them.

A server on the loopback address is reached by every page that the browser shows. Two attacks are known: a form of
another site that is sent here (CSRF), and a name of another site that suddenly means 127.0.0.1 (DNS rebinding), so
that its scripts may read the answers. The first has another `Origin`, the second another `Host`; both are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SAFE = frozenset({"GET", "HEAD"})
_OWN = frozenset({"same-origin", "none"})  # none: typed by the user
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with `no-referrer` the Origin of a form would be `null`
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses what does not come from a page of this server, before its body is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := refused(scope["method"], headers):
            await PlainTextResponse(refusal, 403, HEADERS)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    found.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


def refused(method: str, headers: Mapping[str, str]) -> str:
    """Say why a request is refused; an empty string where it is welcome.

    Args:
        method: Of the request.
        headers: By name, in lower case.
    """
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return "This server answers under 127.0.0.1 and localhost only.\n"
    if method in _SAFE:
        return ""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    if origin != f"http://{host}" or site not in _OWN:
        return "Forms of other sites are refused: open the page of this server, and send its form.\n"
    return ""


def _name(host: str) -> str:
    """Return a host without its port; any port will do, for a tunnel may have another one."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdecimal() else host
