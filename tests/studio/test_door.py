"""The door: no route, and no WebSocket, without the token, the right host and the right origin."""

import asyncio
import hmac

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from cutaway.studio.opening import open_rung
from cutaway.studio.server import application, routes
from cutaway.studio.session import Session

TOKEN, HOSTS = "secret", ("127.0.0.1:8000", "localhost:8000")
TICKET = hmac.digest(TOKEN.encode(), b"the page and its files", "sha256").hex()
GOOD = {"host": HOSTS[0], "cookie": f"cutaway_studio_8000={TICKET}"}


@pytest.fixture(scope="module")
def session():
    made = Session(*open_rung("line"))
    yield made
    made.close()


def called(app, path, kind="http", method="GET", headers=None, query=""):
    """Return what an application sends for one request, and whether its inside was reached."""
    sent = []
    asked = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]

    async def receive():
        if kind == "http":
            return {"type": "http.request", "body": b"", "more_body": False}
        return asked.pop(0) if asked else {"type": "websocket.disconnect", "code": 1000}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "subprotocols": [], "state": {},
    }  # fmt: skip
    if kind == "http":
        scope["method"] = method
    asyncio.run(app(scope, receive, send))
    return sent


def every_route(app):
    """Return (kind, path) of every route that there is, mounted files by one of their own and one that is not there."""
    found = []
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            found.append(("websocket", route.path))
        elif isinstance(route, Mount):
            found += [("http", f"{route.path}/x.js"), ("http", f"{route.path}/")]
        else:
            assert isinstance(route, Route), f"a kind of route that this test does not know: {route}"
            found.append(("http", route.path))
    return [*found, ("http", "/nowhere"), ("websocket", "/nowhere")]


def refused(sent) -> bool:
    if sent[0]["type"] == "websocket.close":
        return len(sent) == 1
    return sent[0].get("status") == 403


WRONG = {
    "no token": {"host": HOSTS[0]},
    "another ticket": {"host": HOSTS[0], "cookie": f"cutaway_studio_8000={TICKET[:-1]}"},
    "the token as a ticket": {"host": HOSTS[0], "cookie": f"cutaway_studio_8000={TOKEN}"},
    "the ticket of another port": {"host": HOSTS[0], "cookie": f"cutaway_studio_8001={TICKET}"},
    "no host": {"cookie": GOOD["cookie"]},
    "another host": {**GOOD, "host": "evil.example"},
    "another port": {**GOOD, "host": "127.0.0.1:8001"},
    "a host that begins alike": {**GOOD, "host": "127.0.0.1:8000.evil.example"},
    "another origin": {**GOOD, "origin": "http://evil.example"},
    "the origin of another port": {**GOOD, "origin": "http://127.0.0.1:8001"},
    "an opaque origin": {**GOOD, "origin": "null"},
    "the other name of this machine as origin": {**GOOD, "origin": "http://localhost:8000"},
    "https": {**GOOD, "origin": "https://127.0.0.1:8000"},
}


def test_every_route_is_behind_the_door(session):
    app = application(session, TOKEN, HOSTS)
    listed = every_route(routes(session))
    assert {("http", "/"), ("websocket", "/socket"), ("http", "/static/x.js")} <= set(listed)
    for kind, path in listed:
        for what, headers in WRONG.items():
            assert refused(called(app, path, kind, headers=headers)), f"{kind} {path} was open with {what}"
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD") if kind == "http" else ():
            assert refused(called(app, path, kind, method, headers=WRONG["no token"])), f"{method} {path} was open"
        assert refused(called(app, path, kind, headers=WRONG["no token"], query="token=wrong"))
        assert refused(called(app, path, kind, headers=WRONG["no token"], query=f"token={TOKEN}&token=x"))
        # A wrong token in the address is not made good by a cookie, and a ticket is no token.
        assert refused(called(app, path, kind, headers=GOOD, query="token=wrong"))
        assert refused(called(app, path, kind, headers={"host": HOSTS[0]}, query=f"token={TICKET}"))


def test_a_browser_that_does_not_say_from_where_opens_no_socket(session):
    app = application(session, TOKEN, HOSTS)
    assert refused(called(app, "/socket", "websocket", headers={**GOOD, "sec-fetch-mode": "websocket"}))


def test_a_cookie_opens_the_page_and_no_socket(session):
    # Browsers send cookies to every port of this machine: who listens on another one learns what is in them.
    app = application(session, TOKEN, HOSTS)
    assert called(app, "/", headers=GOOD)[0]["status"] == 200
    assert refused(called(app, "/socket", "websocket", headers=GOOD))
    assert refused(called(app, "/socket", "websocket", headers={**GOOD, "origin": f"http://{HOSTS[0]}"}))
    assert called(app, "/socket", "websocket", headers=GOOD, query=f"token={TOKEN}")[0]["type"] == "websocket.accept"


def test_who_has_the_token_comes_in_and_gets_a_cookie_that_does_not_tell_it(session):
    app = application(session, TOKEN, HOSTS)
    first = called(app, "/", headers={"host": HOSTS[0]}, query=f"token={TOKEN}")
    assert first[0]["status"] == 200
    headers = dict(first[0]["headers"])
    assert headers[b"set-cookie"] == f"cutaway_studio_8000={TICKET}; HttpOnly; SameSite=Strict; Path=/".encode()
    assert called(app, "/", headers=GOOD)[0]["status"] == 200
    assert b"set-cookie" not in dict(called(app, "/", headers=GOOD)[0]["headers"])
    assert called(app, "/", headers={**GOOD, "origin": f"http://{HOSTS[0]}"})[0]["status"] == 200
    assert called(app, "/nowhere", headers=GOOD)[0]["status"] == 404


def test_pages_allow_nothing_from_elsewhere(session):
    headers = dict(called(application(session, TOKEN, HOSTS), "/", headers=GOOD)[0]["headers"])
    policy = dict(part.strip().split(" ", 1) for part in headers[b"content-security-policy"].decode().split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8000"
    assert "script-src" not in policy  # so that default-src holds: no inline scripts
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"


def test_static_files_stay_in_their_folder(session):
    app = application(session, TOKEN, HOSTS)
    for path in ("/static/../server.py", "/static/..%2fserver.py", "/static//etc/passwd"):
        assert called(app, path, headers=GOOD)[0]["status"] == 404
