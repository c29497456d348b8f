"""The page asks nobody but its own server, and the bundle is small and whole."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import cutaway.studio
from tests.studio.opened import opened

STATIC = Path(cutaway.studio.__file__).parent / "static"


def test_nothing_but_the_local_server_is_asked(running):
    with opened(running) as found:
        found.page.get_by_role("button", name="open, save").click()
        for view in ("landscape", "bias and variance"):
            found.view("deeper").get_by_role("button", name=re.compile(view, re.IGNORECASE)).click()
        found.page.wait_for_timeout(300)
        assert len(found.asked) >= 4
        assert {urlsplit(address).netloc for address in found.asked} == {f"127.0.0.1:{found.server.port}"}
        assert not found.problems


def test_the_bundle_is_within_its_bound_and_has_nothing_inline():
    files = sorted(path.name for path in STATIC.iterdir())
    assert files == ["icon.svg", "index.html", "page.js", "studio.css", "studio.js"]
    assert sum(path.stat().st_size for path in STATIC.iterdir()) <= 400_000
    html = (STATIC / "index.html").read_text()
    assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]
    assert "style=" not in html


def test_the_bundle_names_no_address_that_could_be_fetched():
    # Names of XML namespaces and pages that error messages point to are addresses nobody asks.
    known = ("http://www.w3.org/", "https://svelte.dev/e/")
    for path in STATIC.iterdir():
        addresses = re.findall(r"https?://[^\s\"'`)]+", path.read_text())
        assert [address for address in addresses if not address.startswith(known)] == []
