"""The door: who may come in. One layer around the whole application, WebSockets included; nothing passes beside it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = {
    # Charts set the places of their parts as inline styles; everything else comes from the server itself.
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' ws://{host}; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
COOKIE = "cutaway_studio_{port}"


class Door:
    """Lets through requests for this host, from this origin, with the token; answers 403 to all others.

    token   a secret that the address printed at the start holds; it lets in everywhere
    hosts   the values of Host that are meant, such as "127.0.0.1:8000"

    The address is exchanged for a cookie, which lets in to the page and its files and no further: browsers send cookies
    to every port of this machine, where another person's program may listen. A socket takes the token itself, which the
    page keeps where only pages of this port can read it.
    """

    def __init__(self, inside: Application, token: str, hosts: tuple[str, ...]) -> None:
        self.inside, self.token, self.hosts = inside, token, hosts
        self.cookie = COOKIE.format(port=hosts[0].rpartition(":")[2])
        self.ticket = hmac.new(
            token.encode(), b"the page and its files", sha256
        ).hexdigest()  # no way back to the token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or connection, or let it in."""
        if scope["type"] == "lifespan":
            await self.inside(scope, receive, send)
            return
        given = _token_in_address(scope)
        if scope["type"] not in ("http", "websocket") or not self._may_enter(scope, given):
            await _refuse(scope, receive, send)
            return
        host = _header(scope, b"host")

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", [])]
                headers += [(name.encode(), value.replace("{host}", host).encode()) for name, value in HEADERS.items()]
                if given is not None:
                    kept = f"{self.cookie}={self.ticket}; HttpOnly; SameSite=Strict; Path=/"
                    headers.append((b"set-cookie", kept.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self.inside(scope, receive, guarded)

    def _may_enter(self, scope: Scope, given: str | None) -> bool:
        host = _header(scope, b"host")
        if host not in self.hosts:
            return False
        origin = _header(scope, b"origin")
        if origin and origin != f"http://{host}":
            return False
        if scope["type"] == "websocket" and not origin and _header(scope, b"sec-fetch-mode"):
            return False  # a browser always says from where it opens a socket
        if given is not None:
            return hmac.compare_digest(given.encode(), self.token.encode())
        known = self._from_cookie(scope) if scope["type"] == "http" else None
        return known is not None and hmac.compare_digest(known.encode(), self.ticket.encode())

    def _from_cookie(self, scope: Scope) -> str | None:
        try:
            found = SimpleCookie(_header(scope, b"cookie")).get(self.cookie)
        except CookieError:
            return None
        return None if found is None else found.value


def _token_in_address(scope: Scope) -> str | None:
    values = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])
    return values[0] if len(values) == 1 else None


def _header(scope: Scope, name: bytes) -> str:
    """Return a header that is there once; "" where it is not there, or more than once."""
    found = [value for key, value in scope.get("headers", []) if key.lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        return
    body = b"403: this address is not for you; open the one that was printed at the start"
    await send({"type": "http.response.start", "status": 403, "headers": [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"),
    ]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})
