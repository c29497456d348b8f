"""The studio's own server: the page, its files, and one WebSocket, behind the door."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cutaway.errors import InputError
from cutaway.studio.client import Client
from cutaway.studio.door import Application, Door
from cutaway.studio.page import STATIC, page
from cutaway.studio.protocol import MOST_BYTES, as_frame, from_frame
from cutaway.studio.session import Session

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.websockets import WebSocket

HOST = "127.0.0.1"
UNREADABLE, NOT_BINARY, TOO_SLOW = 1007, 1003, 1013
MOST_UNSENT = 256 << 20  # bytes that wait for one page; beyond that it is cut off, as it does not read
LOG = logging.getLogger(__name__)


def routes(session: Session) -> Starlette:
    """Return the application without its door; `application` is the one to serve."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    async def index(request: Any) -> HTMLResponse:
        return HTMLResponse(page())

    async def talk(connection: WebSocket) -> None:
        await converse(session, connection)

    return Starlette(routes=[
        Route("/", index),
        Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
        WebSocketRoute("/socket", talk),
    ])  # fmt: skip


def application(session: Session, token: str, hosts: tuple[str, ...]) -> Application:
    """Return the whole application: every route behind the door."""
    return Door(routes(session), token, hosts)


async def converse(session: Session, connection: WebSocket) -> None:
    """Speak with one page until it leaves."""
    from starlette.websockets import WebSocketDisconnect

    loop = asyncio.get_running_loop()
    outgoing: asyncio.Queue[bytes] = asyncio.Queue()
    unsent = 0

    def send(content: Any, buffers: list[bytes]) -> None:
        data = as_frame(content, buffers)
        if not loop.is_closed():
            loop.call_soon_threadsafe(put, data)

    def put(data: bytes) -> None:
        nonlocal unsent
        if unsent and unsent + len(data) > MOST_UNSENT:
            delivering.cancel()
            return
        unsent += len(data)
        outgoing.put_nowait(data)

    async def deliver() -> None:
        nonlocal unsent
        while True:
            data = await outgoing.get()
            await connection.send_bytes(data)
            unsent -= len(data)

    async def hear() -> int | None:
        """Take messages until the page leaves (None), or is to be left for a reason."""
        while True:
            message = await connection.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if message.get("bytes") is None:
                return NOT_BINARY
            try:
                client.receive(*from_frame(message["bytes"]))
            except InputError:
                return UNREADABLE

    await connection.accept()
    delivering, client = asyncio.create_task(deliver()), Client(session, send)
    hearing = asyncio.create_task(hear())
    try:
        # Whichever ends first: what fails on the way out ends the conversation as well as what comes in.
        await asyncio.wait({hearing, delivering}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        client.close()
        slow = delivering.done() and delivering.cancelled()
        for task in (hearing, delivering):
            task.cancel()
        ended = await asyncio.gather(hearing, delivering, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, Exception) and not isinstance(fault, WebSocketDisconnect):
            LOG.error("the conversation with a page ended", exc_info=fault)
    reason = TOO_SLOW if slow else ended[0] if isinstance(ended[0], int) else None
    if reason is not None:
        await connection.close(reason)


class Server:
    """A server on a free port of this machine, for this machine alone.

    port   0: one that is free
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        import uvicorn

        self.session, self.token = session, secrets.token_urlsafe(24)
        self.socket = _bound(port)
        self.port: int = self.socket.getsockname()[1]
        hosts = (f"{HOST}:{self.port}", f"localhost:{self.port}")
        config = uvicorn.Config(
            application(session, self.token, hosts), log_level="error", access_log=False, lifespan="off",
            ws_max_size=MOST_BYTES, ws_per_message_deflate=False, timeout_graceful_shutdown=2, server_header=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)

    @property
    def address(self) -> str:
        """The address to open, with its token."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C, or `stop`; `started` is called when pages can come."""
        asyncio.run(self._serve(started))

    async def _serve(self, started: Callable[[], None]) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self.socket]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        if self._server.started:
            started()
        try:
            await serving
        finally:
            self.session.close()

    def stop(self) -> None:
        """End serving; from another thread."""
        self._server.should_exit = True


def _bound(port: int) -> socket.socket:
    # By its protocol asyncio knows that small messages are not to be held back for others to join them.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError as fault:
        made.close()
        raise InputError(
            f"--port is {port}, which cannot be listened on: {fault.strerror}; leave it out for a free one"
        ) from None
    return made
