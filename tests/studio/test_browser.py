"""The browser is told of a file that only its owner reads; the secret is on no command line, and in no address bar."""

from __future__ import annotations

import re
import stat
import time
import urllib.request
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from cutaway.cli.main import main
from cutaway.studio.browser import show
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session
from cutaway.studio.window import Window
from tests.studio.opened import Opened, served, watch


@pytest.fixture
def opened(monkeypatch):
    found = []
    monkeypatch.setattr(webbrowser, "open", found.append)
    return found


def of(uri):
    assert urlsplit(uri).scheme == "file"
    return Path(unquote(urlsplit(uri).path))


def test_what_the_browser_is_started_with_holds_no_secret_and_leads_to_the_page(opened):
    window = Window.opened(Session(*open_rung("line")), wait=False, say=lambda _: None)
    try:
        (given,) = opened
        place = of(given)
        assert window.server.token not in given
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        (leads,) = re.findall(r'content="0; url=([^"]+)"', place.read_text())
        assert leads == window.address
        with urllib.request.urlopen(leads, timeout=20) as page:
            assert page.status == 200
        place.unlink()
    finally:
        window.close()


def test_the_file_goes_when_the_browser_had_time_to_read_it(opened, monkeypatch):
    monkeypatch.setattr("cutaway.studio.browser.KEPT", 0.05)
    place = show('http://127.0.0.1:1/?token=a"b')
    for _ in range(200):
        if not place.exists():
            break
        time.sleep(0.02)
    assert not place.exists() and of(opened[0]) == place


def test_the_command_line_opens_it_so_too(opened, monkeypatch, capsys):
    from cutaway.studio.server import Server

    monkeypatch.setattr(Server, "run", lambda self, started: started())
    assert main(["studio", "--json"]) == 0
    token = re.search(r"token=([\w-]+)", capsys.readouterr().out).group(1)
    place = of(opened[0])
    assert token not in opened[0] and token in place.read_text()
    place.unlink()


def test_the_page_keeps_the_secret_out_of_its_address_and_comes_back_without_it(running, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: None)
    with served(Session(*open_rung("line"))) as server:
        room = running.new_context()
        found = Opened(room.new_page(), server.session, server)
        watch(found)
        place = show(server.address)
        ready = "() => document.querySelector('[data-view=number] [data-number]')"
        found.page.goto(place.as_uri())
        found.until(ready)
        place.unlink()
        plain = f"http://127.0.0.1:{server.port}/"
        assert found.page.url == plain
        found.page.reload()
        found.until(ready)
        second = room.new_page()
        second.goto(plain)
        second.wait_for_function(ready)
        cookies = {each["name"]: each["value"] for each in room.cookies()}
        assert list(cookies) == [f"cutaway_studio_{server.port}"]
        assert server.token not in cookies.values()
        # Another browser has neither cookie nor key.
        stranger = running.new_context()
        assert stranger.new_page().goto(plain).status == 403
        stranger.close()
        assert not found.problems
        room.close()
