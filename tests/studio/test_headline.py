"""What is said first of a training is not contradicted by what stands below; a fix that is put in is the one tried."""

import time

import numpy as np
import pytest

from cutaway.diagnosis.harm import Harm
from cutaway.records import Finding
from cutaway.studio import diagnosing
from cutaway.studio.commands import run
from cutaway.studio.headline import FEWEST, headline, in_order
from cutaway.studio.lessons import lessons
from cutaway.studio.opening import open_material, open_rung
from cutaway.studio.session import Session
from cutaway.studio.sources import of_table, read_bytes
from cutaway.studio.vitals import observed
from tests.studio.conversation import Listener


def trained(session, until):
    run(session, "train", {"until": until})
    while session.training.running:
        time.sleep(0.005)


def by_heart():
    """A session that learns thirty noisy rows by heart: the loss of those held out rises again."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (150, 6)).round(3)
    y = np.where(x[:, 0] + random.normal(0, 0.7, 150) > 0, "up", "down")
    lines = ["a,b,c,d,e,f,goal", *(",".join([*map(str, row), goal]) for row, goal in zip(x, y, strict=True))]
    session = Session(*open_material(of_table(read_bytes("noisy.csv", "\n".join(lines).encode()), "goal")))
    trained(session, 1_500)
    return session


def test_rows_learned_by_heart_come_first_with_the_step_that_was_best():
    session = by_heart()
    found, curve = run(session, "findings", {}), run(session, "curves", {})["loss"]
    held_out = session.time()["held_out"]
    assert found["step"] == 1_500
    lowest = int(np.nanargmin(curve["held_out"]))
    assert found["best"] == {"step": curve["step"][lowest], "loss": curve["held_out"][lowest]}
    assert found["best"]["loss"] < held_out / 2
    assert "nothing is wrong" not in found["sentence"]
    if not any(not finding["note"] for finding in found["findings"]):
        assert f"lowest at step {found['best']['step']:,}" in found["sentence"]
        overfit = [finding for finding in found["findings"] if finding["check"] == "overfit"]
        assert overfit == found["findings"][:1]
        assert found["sentence"] not in [finding["sentence"] for finding in found["findings"]]  # said once
    back = run(session, "seek", {"step": found["best"]["step"]})
    assert back["held_out"] == pytest.approx(found["best"]["loss"], rel=1e-12)
    assert run(session, "findings", {})["best"] is None


def test_a_training_that_is_well_has_no_better_step():
    session = Session(*open_rung("network"))
    trained(session, 600)
    found = run(session, "findings", {})
    assert (found["sentence"], found["best"]) == ("nothing is wrong that could be found", None)


def finding(check, note):
    return Finding(check, f"it is {check}", "q", 1.0, (None, 0.0), note=note)


def test_what_is_said_first():
    note, other = finding("overfit", True), finding("init_scale", True)
    none, unsure = Harm("", ""), Harm("", "cannot be judged: accuracy 0.000 is no better than chance (1.000 ± 1.7)")
    assert headline([], [note], none, 50, "") == "it is overfit"
    assert headline([], [other], none, 50, "") == "nothing is wrong that could be found"
    assert headline([], [other], none, 50, "the loss rose") == "the loss rose"
    assert headline([finding("dead_relu", False)], [note], Harm("below", "R² is 0.1"), 50, "it rose") == "R² is 0.1"
    assert headline([], [], unsure, FEWEST, "") == unsure.sentence
    few = headline([], [], unsure, 3, "")
    assert headline([], [], unsure, 3, "the loss rose") == few
    assert "3 rows are held out" in few and "0.000" not in few
    assert headline([], [], none, 3, "") == headline([], [], none, 0, "") == "nothing is wrong that could be found"
    assert [each.check for each in in_order([], [other, note], None, "")[1]] == ["overfit", "init_scale"]


def too_fast():
    """A session that learned at a rate far too high, looked at every fifth step, however busy the machine is."""
    session = Session(*open_rung("network"))
    run(session, "shape", {"change": {"rate": 100.0}})
    for _ in range(30):
        session.advance(5)
        recording = session.history.branches[session.now.branch].recording
        recording.evaluated(session.evaluation(session.case, session.now, session.way))
        recording.observed(*observed(session.case, session.now, session.way))
    return session


def test_what_is_put_in_is_what_was_tried(monkeypatch):
    monkeypatch.setattr(diagnosing, "SECONDS", 4.0)
    session = too_fast()
    found = run(session, "findings", {})
    number = next(f["number"] for f in found["findings"] if f["fix"] and f["fix"]["action"] == "learning_rate")
    page = Listener(session)
    page.answer("try_fix", finding=number)
    told = page.wait(lambda m: m.get("push") == "job" and m["state"] in ("done", "failed"), 60.0)
    if told["state"] == "failed":
        pytest.skip(told["error"]["message"])
    tried = told["result"]
    fix = run(session, "curves", {})["findings"][number]["fix"]
    assert fix["sentence"] == tried["sentence"] and tried["score"] == "accuracy"
    assert len(tried["without"]) == len(tried["with_fix"]) == 5
    scene = run(session, "apply_fix", {"finding": number})
    assert f"about {scene['training']['optimizer']['rate']:.2g}" in tried["sentence"]
    assert run(session, "curves", {})["findings"] == []  # nothing that was said of the training before holds


def test_lessons_are_told_of_none_of_it():
    session = Session(*open_rung("line"))
    run(session, "lesson", {"name": lessons()[0].name})
    assert run(session, "findings", {})["branch"] == session.now.branch
