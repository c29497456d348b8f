"""The server: a browser's side of the conversation over a real socket."""

import asyncio
import socket
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cutaway.errors import InputError
from cutaway.studio.opening import open_rung
from cutaway.studio.protocol import MOST_BYTES, as_frame, from_frame, packed, unpacked
from cutaway.studio.scene import scene
from cutaway.studio.server import Server, converse
from cutaway.studio.session import Session


@pytest.fixture(scope="module")
def server():
    made = Server(Session(*open_rung("network")))
    began = threading.Event()
    thread = threading.Thread(target=made.run, args=(began.set,), daemon=True)
    thread.start()
    assert began.wait(20)
    yield made
    made.stop()
    thread.join(20)
    assert not thread.is_alive()


def socket_of(server, token=None, **options):
    token = server.token if token is None else token
    return connect(f"ws://127.0.0.1:{server.port}/socket?token={token}", max_size=None, proxy=None, **options)


async def ask(line, number, do, buffers=(), **arguments):
    await line.send(as_frame({"id": number, "revision": 0, "do": do, **arguments}, list(buffers)))
    while True:
        content = unpacked(*from_frame(await asyncio.wait_for(line.recv(), 20)))
        if content.get("id") == number:
            return content


def test_the_page_is_there_for_who_has_the_address(server):
    with urllib.request.urlopen(server.address, timeout=20) as page:
        assert page.status == 200
        assert "cutaway" in page.read().decode()
        cookie = page.headers["set-cookie"].split(";")[0]
    plain = urllib.request.Request(f"http://127.0.0.1:{server.port}/", headers={"cookie": cookie})
    with urllib.request.urlopen(plain, timeout=20) as page:
        assert page.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=20)


def test_only_this_machine_is_listened_to(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_small_messages_are_not_held_back(server):
    # asyncio sends at once on sockets that say they are TCP; others wait up to 40 ms for more to send.
    assert server.socket.proto == socket.IPPROTO_TCP


def test_two_tabs_see_the_same_network(server):
    async def talk():
        async with socket_of(server) as one, socket_of(server, origin=f"http://127.0.0.1:{server.port}") as other:
            scene = (await ask(one, 1, "open"))["result"]
            assert scene["network"]["columns"][1]["weight"] == "0.weight"
            await ask(one, 2, "edit", path="0.weight", index=[1, 2], value=0.75)
            weights = (await ask(other, 3, "weights"))["result"]
            assert weights["0.weight"].shape == (2, 8)
            assert weights["0.weight"][1, 2] == 0.75
            file = b"a,b,kind\n" + b"".join(b"%d,%d,%s\n" % (i, i * i % 7, b"xy"[i % 2 : i % 2 + 1]) for i in range(40))
            content, buffers = packed({"bytes": np.frombuffer(file, np.uint8)})
            found = (await ask(other, 4, "inspect", buffers, name="<i>mine</i>.csv", **content))["result"]
            assert [column["name"] for column in found["columns"]] == ["a", "b", "kind"]
            source = {"table": found["table"], "target": "kind"}
            loaded = (await ask(other, 5, "load", source=source))["result"]
            assert loaded["data"]["classes"] == ["x", "y"]
            pushed = None
            while pushed is None or pushed["data"]["target"] != "kind":
                content = unpacked(*from_frame(await asyncio.wait_for(one.recv(), 20)))
                pushed = content["scene"] if content.get("push") == "scene" else pushed
            assert loaded["version"] == pushed["version"]

    asyncio.run(talk())


def test_a_reload_in_the_middle_of_a_training_finds_it_going_on(server):
    async def talk():
        async with socket_of(server) as first:
            await ask(first, 1, "load", source={"rung": "layer"})
            await ask(first, 2, "watch", views={"forward": True})
            begun = (await ask(first, 3, "train"))["result"]
            assert begun["training"]
        await asyncio.sleep(0.3)
        async with socket_of(server) as second:
            time = (await ask(second, 1, "open"))["result"]["time"]
            assert time["training"]
            assert time["step"] > begun["step"]
            assert (await ask(second, 2, "pause"))["result"]["training"] is False

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("token", "options"),
    [
        ("", {}), ("wrong", {}), (None, {"origin": "http://evil.example"}), (None, {"origin": "null"}),
        (None, {"additional_headers": {"sec-fetch-mode": "websocket"}}),
    ],
)  # fmt: skip
def test_no_socket_without_token_and_origin(server, token, options):
    async def talk():
        with pytest.raises(InvalidStatus, match="403"):
            async with socket_of(server, token, **options):
                pass

    asyncio.run(talk())


@pytest.mark.parametrize("message", ["{}", b"", b"\x09\x00\x00\x00{}", b"\x02\x00\x00\x00[]"])
def test_what_cannot_be_read_ends_the_conversation(server, message):
    async def talk():
        async with socket_of(server) as line:
            await line.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(line.recv(), 20)
            assert closed.value.rcvd.code == (1003 if isinstance(message, str) else 1007)

    asyncio.run(talk())


def test_a_file_of_the_size_that_pages_are_told_fits_into_a_message():
    session = Session(*open_rung("line"))
    most = scene(session)["sources"]["most_bytes"]
    session.close()
    content, buffers = packed({"id": 2**53, "revision": 2**53, "do": "inspect", "name": "ﷺ" * 500,
                               "bytes": np.zeros(most, np.uint8)})  # fmt: skip
    assert MOST_BYTES - 70_000 < len(as_frame(content, buffers)) <= MOST_BYTES
    assert from_frame(as_frame(content, buffers))[0]["name"] == "ﷺ" * 500


@pytest.mark.parametrize("do", [[], {}, None])
def test_a_command_that_is_no_name_is_answered_and_the_line_stays(server, do):
    async def talk():
        async with socket_of(server) as line:
            assert "there is no command" in (await ask(line, 1, do))["error"]["message"]
            assert "result" in await ask(line, 2, "open")

    asyncio.run(talk())


class Line:
    """The server's end of a socket whose other end asks for the scene, and then does with what comes as told."""

    def __init__(self, sends):
        self.sends, self.closed, self._asked = sends, [], False

    async def accept(self):
        pass

    async def receive(self):
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "websocket.receive", "bytes": as_frame({"id": 1, "revision": 0, "do": "open"}, [])}

    async def send_bytes(self, data):
        await self.sends()

    async def close(self, code):
        self.closed.append(code)


def held(line, push=()):
    session = Session(*open_rung("line"))

    async def talk():
        talking = asyncio.create_task(converse(session, line))
        for content in push:
            await asyncio.sleep(0.05)
            session.push(content)
        await asyncio.wait_for(talking, 20)

    asyncio.run(talk())
    clients = list(session.clients)
    session.close()
    return clients


def test_a_page_that_does_not_read_is_cut_off(monkeypatch):
    monkeypatch.setattr("cutaway.studio.server.MOST_UNSENT", 100_000)
    line = Line(lambda: asyncio.Event().wait())
    assert held(line, [{"push": "job", "words": "x" * 60_000}] * 3) == []
    assert line.closed == [1013]


def test_a_fault_on_the_way_out_ends_the_conversation_and_is_logged(caplog):
    async def breaks():
        raise ValueError("a gear is missing")

    assert held(Line(breaks)) == []
    assert [record.exc_info[1].args for record in caplog.records] == [("a gear is missing",)]


def test_a_port_that_is_taken_is_told(server):
    with pytest.raises(InputError, match="--port is"):
        Server(server.session, server.port)
