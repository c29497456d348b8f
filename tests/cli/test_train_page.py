"""`cutaway train --page`: the page looks on while a job trains, and shows the run in the end."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
import warnings

import numpy as np
import pytest
from PIL import Image

import cutaway as ca
from cutaway.errors import FindingWarning
from cutaway.records import StepRecord
from cutaway.studio.live import Live


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    X = random.uniform(-1, 1, (60, 2))
    place = tmp_path / "areas.csv"
    np.savetxt(place, np.column_stack([X, X[:, 0] * X[:, 1]]), delimiter=",", header="wide,long,area", comments="")
    return place


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to another program there")
@pytest.mark.parametrize("json_", [False, True])
def test_the_page_is_there_until_ctrl_c(table, tmp_path, json_):
    command = "import sys; from cutaway.cli.main import main; sys.exit(main())"
    options = ["--target", "area", "--effort", "quick", "--epochs", "3", "--no-compare", "--page"]
    process = subprocess.Popen(
        [sys.executable, "-c", command, "train", str(table), *options, *(["--json"] if json_ else [])],
        cwd=tmp_path, env={**os.environ, "BROWSER": "true"}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    said = process.stderr if json_ else process.stdout
    address, lines = "", []
    for line in said:
        lines.append(line)
        if "http://127.0.0.1" in line:
            address = "http" + line.split("http", 1)[1].split()[0]
        if "The run is on the page" in line:
            break
    assert address, "".join(lines) + process.communicate()[1]
    with urllib.request.urlopen(address, timeout=20) as page:
        assert page.status == 200
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert (tmp_path / "runs" / "areas" / "run.json").exists()
    if json_:
        assert json.loads(rest)["task"] == "regression"


def watched(*what, **options):
    """Return a job's run, what looked on, and the losses that were announced."""
    live, losses = Live(lambda words: None, browser=False), []

    def hear(record):
        if isinstance(record, StepRecord):
            losses.append(record.loss)

    run = ca.train(*what, callbacks=[live, hear], told=live.of, progress=False, **options)
    live.window.close()
    return run, live, losses


def test_a_table_is_shown_as_a_person_has_it(table, tmp_path):
    run, live, losses = watched(table, "area", effort="quick", epochs=4, compare=False, out=tmp_path / "run")
    assert losses == [record.loss for record in run.history]
    material = live.session.case.material
    assert [column.name for column in material.columns] == ["wide", "long"]
    assert live.session.history.curves(0)["loss"]["training"].tolist() == losses
    live.ends(run)
    answer = material.answers(live.session.case.outputs(live.session.now, material.x[:1]))
    row = {name: [value] for name, value in material.own(0).items()}
    np.testing.assert_allclose(answer[0], run.predict(row), rtol=1e-4)


def test_pictures_and_texts_are_shown_too(tmp_path):
    random = np.random.default_rng(0)
    for label, level in (("dark", 40), ("light", 200)):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(12):
            pixels = np.clip(random.normal(level, 20, (8, 8)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")
    run, live, losses = watched(tmp_path / "pictures", effort="quick", epochs=2)
    assert losses == [record.loss for record in run.history]
    assert live.session.case.material.kind == "pictures"
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat. " * 60)
    run, live, losses = watched(text, effort="quick", epochs=1, engine="numpy")
    assert losses == [record.loss for record in run.history]
    assert live.session.case.material.kind == "text"


def test_findings_come_with_their_records(table):
    live, X = Live(lambda words: None, browser=False), np.random.default_rng(0).uniform(-1, 1, (200, 2))
    net = ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dense(1), ca.Softmax())
    with warnings.catch_warnings():
        warnings.simplefilter("always", FindingWarning)
        warnings.showwarning = lambda *told, **more: None
        with live.hearing():
            ca.fit(net, X, X[:, 0] * X[:, 1], loss="squared_error", epochs=5, validation=0.2, callbacks=[live])
    found = live.session.history.diagnosis[0][0]
    assert found[0]["check"] == "softmax_one_unit"
    assert found[0]["layer"] == "3"
    live.window.close()
