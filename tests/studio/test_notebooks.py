"""The widget in real notebooks, in a real browser; slow, and only where JupyterLab or marimo is installed."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.studio.opened import browser

CELL = """import cutaway as ca, numpy as np
X = np.random.default_rng(0).uniform(-1, 1, (200, 2))
net = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1))
shown = ca.studio(net, X, X[:, 0] * X[:, 1])
"""
READY = '.cutaway [data-view="number"] [data-number]'


@contextmanager
def running(tmp_path, *command):
    """Start a notebook's server; yields its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", *(part.replace("PORT", str(port)) for part in command)], cwd=tmp_path,
        env={**os.environ, "HOME": str(home), "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.perf_counter() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.perf_counter() < end, "the notebook's server did not begin"
                assert process.poll() is None, "the notebook's server ended"
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def step(page):
    """Return the step that the widget shows."""
    words = page.locator(".cutaway > header").inner_text().replace(",", "").split()
    return int(words[words.index("step") + 1])


def train(page):
    page.locator(".cutaway > header").get_by_role("button", name="Train", exact=True).click()
    end = time.perf_counter() + 30
    while step(page) == 0:
        assert time.perf_counter() < end, "the widget shows no step"
        time.sleep(0.1)


@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed")
def test_in_jupyterlab(tmp_path):
    def cell(name, source):
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": name,
            "metadata": {},
            "outputs": [],
            "source": source,
        }

    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cells = [cell("one", CELL + "shown"), cell("two", "import time; time.sleep(5)"), cell("three", "")]
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "studio.ipynb").write_text(json.dumps(notebook))
    command = (
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        "--port=PORT",
        "--allow-root",
        "--IdentityProvider.token=t",
    )
    with running(tmp_path, *command) as port, browser() as started:
        page = started.new_page(viewport={"width": 1400, "height": 1200})
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/lab/tree/studio.ipynb?token=t")
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        cells.first.wait_for(timeout=90_000)
        page.wait_for_function(
            "() => /Idle/.test(document.querySelector('#jp-main-statusbar')?.innerText)", timeout=90_000
        )
        cells.first.click()
        page.keyboard.press("Control+Enter")
        page.locator(READY).wait_for(timeout=90_000)
        train(page)
        # A busy kernel: the training goes on, and the page with it.
        editors = page.locator(".jp-Notebook .jp-CodeCell .cm-content")
        editors.nth(1).click()
        page.keyboard.press("Control+Enter")
        before = step(page)
        time.sleep(2.5)
        assert step(page) > before + 20
        # Keys in the widget are its own: in command mode "d d" would delete a cell.
        page.locator(".cutaway > header button").first.focus()
        page.keyboard.press("d")
        page.keyboard.press("d")
        assert cells.count() == 3
        # And keys elsewhere are none of the widget's: a space belongs to the cell, and starts or stops no training.
        page.locator(".cutaway > header").get_by_role("button", name="Pause", exact=True).click()
        page.locator(".cutaway > header").get_by_role("button", name="Train", exact=True).wait_for()
        editors.nth(2).click()
        page.keyboard.type("1 + 2")
        assert editors.nth(2).inner_text().strip() == "1 + 2"
        assert page.locator(".cutaway > header").get_by_role("button", name="Train", exact=True).count() == 1
        assert not complaints


@pytest.mark.skipif(find_spec("marimo") is None, reason="marimo is not installed")
def test_in_marimo(tmp_path):
    body = "".join(f"    {line}\n" for line in [*CELL.splitlines(), "shown"])
    place = tmp_path / "studio.py"
    place.write_text(f"import marimo\n\napp = marimo.App()\n\n\n@app.cell\ndef _():\n{body}    return\n")
    command = ("marimo", "-q", "run", "--headless", "--no-token", "--host", "127.0.0.1", "--port", "PORT", str(place))
    with running(tmp_path, *command) as port, browser() as started:
        page = started.new_page(viewport={"width": 1400, "height": 1200})
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator(READY).wait_for(timeout=90_000)
        train(page)
        before, end = step(page), time.perf_counter() + 20
        while step(page) < before + 200:
            assert time.perf_counter() < end, "the widget does not go on"
            time.sleep(0.2)
        assert not complaints
