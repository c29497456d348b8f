"""One browser for all pages that are tested one after another, and a page of the network for each test."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from tests.studio.opened import browser, opened

# Kept from file to file: a browser takes half a second to begin. It goes before the first test that has none, because
# while it runs nothing else in this thread can run an event loop.
kept = ExitStack()
started: list[Any] = []


@pytest.fixture(scope="module")
def running():
    """The browser; each test opens rooms of its own in it, which share nothing."""
    if not started:
        started.append(kept.enter_context(browser()))
    return started[0]


@pytest.fixture
def page(running):
    """A page of the ladder's network."""
    with opened(running) as found:
        yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem):
    """Close the browser where the next test needs none."""
    yield
    if started and "running" not in getattr(nextitem, "fixturenames", ()):
        started.clear()
        kept.close()
