"""Who may talk to the server. A local server is reachable by every page that the person's browser opens, so:

- the Host header must name this server, or a hostile page could rebind its own name to 127.0.0.1
- a request that another site's page sends is refused, unless it opens ours in a tab of its own
- no other site's page may show ours in a frame, and ours may load nothing from another host
- with a password set, everything asks for it (HTTP Basic)
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
USER = "folioscope"

_FRAMES = "frame-ancestors 'self'"
_PAGE = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data: blob:; object-src 'none';"
    f" form-action 'self'; base-uri 'self'; {_FRAMES}"
)


class Guard:
    """ASGI middleware. `host` is the address that the server is bound to."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], host: str, password: str) -> None:
        self._app = app
        self._any_name = host not in LOOPBACK  # bound to a network by the person, under names that we cannot know
        self._password = password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(headers)
        if refusal is None:
            await self._app(scope, receive, _restricting(send, of_page=not scope["path"].startswith("/api/")))
            return
        status, reason = refusal
        answer = [(b"content-type", b"text/plain; charset=utf-8")]
        if status == 401:
            answer.append((b"www-authenticate", b'Basic realm="Folioscope"'))
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": reason.encode()})

    def _refusal(self, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._any_name and _name(host) not in LOOPBACK:
            return 403, f"This server does not answer to the name {host}."
        origin = headers.get("origin")
        foreign_origin = origin is not None and origin.partition("://")[2] != host
        visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
        foreign_page = headers.get("sec-fetch-site") == "cross-site" and not visit
        if foreign_origin or foreign_page:
            return 403, "Requests from other sites' pages are refused."
        if self._password and not self._known(headers.get("authorization", "")):
            return 401, f"Sign in as {USER} with the password of the settings."
        return None

    def _known(self, authorization: str) -> bool:
        expected = base64.b64encode(f"{USER}:{self._password}".encode()).decode()
        return hmac.compare_digest(authorization.encode(), f"Basic {expected}".encode())


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _restricting(send: Send, of_page: bool) -> Send:
    """Tells the browser with every answer what it may do with it; an answer's own policy stays."""

    async def restricted(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            given = {name.lower(): value for name, value in headers}
            headers.append((b"x-frame-options", b"SAMEORIGIN"))
            if b"content-security-policy" not in given:
                html = given.get(b"content-type", b"").startswith(b"text/html")
                headers.append((b"content-security-policy", (_PAGE if html and of_page else _FRAMES).encode()))
            message = {**message, "headers": headers}
        await send(message)

    return restricted
