"""A training that is stopped anywhere and gone on with ends with the same bits as one that was not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cutaway as ca
from cutaway.data.splits import folds
from cutaway.errors import InputError
from cutaway.losses import SquaredError
from cutaway.records import Progress, StepRecord
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.checkpoint import Checkpoint, latest_checkpoint
from cutaway.training import checkpoints as checkpoints_module
from cutaway.training import loop
from cutaway.training.checkpoints import Checkpoints
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

ENGINES = ["numpy", "xla"]
SETTINGS = {
    "one": {},
    "watched": {"patience": 3},
    "members": {"members": 3},
    "folds": {"members": 3, "folds": folds(64, 3, seed=0), "drop_last": True},
}


class Killed(Exception):  # noqa: N818 - it is no error
    pass


def rows(count=64):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (count, 3)).astype(np.float32)
    return Batch(x, (x[:, :1] * x[:, 1:2]).astype(np.float32), None)


def train(engine="numpy", place=None, kill=None, resume=False, every=0.0, identity=None, **how):
    """Train, killed after `kill` chunks; a chunk has two steps, and after each a checkpoint is written."""
    network = ca.Sequential(ca.Dense(6), ca.BatchNorm(), ca.Tanh(), ca.Dropout(0.2), ca.Dense(1)).build(3)
    chunks = 0

    def listen(record):
        nonlocal chunks
        chunks += isinstance(record, Progress)
        if kill is not None and chunks > kill:
            raise Killed

    plan = Plan(**{"epochs": 5, "batch_size": 8, "seed": 3, **how})
    checkpoints = None if place is None else Checkpoints(place, identity or {"rows": "these"}, every, resume)
    trainer = Trainer(
        network, SquaredError(), ca.Adam(ca.Cosine(0.05)), plan,
        engine=engine, listeners=[listen], checkpoints=checkpoints,
    )  # fmt: skip
    return trainer.train(rows(), rows(20) if "patience" in how else None)


@pytest.fixture(autouse=True)
def chunks_of_two_steps_and_a_checkpoint_after_each(monkeypatch):
    monkeypatch.setattr(checkpoints_module, "SHARE", np.inf)
    monkeypatch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
    monkeypatch.setattr(loop, "FEWEST_STEPS", 1)


def same(one, other):
    assert one.params.keys() == other.params.keys()
    for key in one.params:
        np.testing.assert_array_equal(one.params[key], other.params[key], err_msg=key)
    for key in one.state:
        np.testing.assert_array_equal(one.state[key], other.state[key], err_msg=key)
    figures = [
        [(r.epoch, r.step, r.loss, r.validation, r.best, r.members) for r in run.history] for run in (one, other)
    ]
    assert figures[0] == figures[1]
    if one.outputs is not None:
        np.testing.assert_array_equal(one.outputs, other.outputs)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SETTINGS)
def test_killed_in_the_midst_of_an_epoch_and_gone_on_with(engine, name, tmp_path):
    whole = train(engine, **SETTINGS[name])
    with pytest.raises(Killed):
        train(engine, tmp_path, kill=6, **SETTINGS[name])
    found = latest_checkpoint(tmp_path)
    assert found.facts["epoch"] == 2 and 0 < found.facts["done"] < 8
    same(train(engine, tmp_path, resume=True, **SETTINGS[name]), whole)


@settings(max_examples=12, deadline=None)
@given(kills=st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_killed_any_number_of_times_at_any_moment(kills, tmp_path_factory):
    place = tmp_path_factory.mktemp("checkpoints")
    for kill in kills:
        try:
            train("numpy", place, kill=kill, resume=True)
        except Killed:
            continue
    same(train("numpy", place, resume=True), train("numpy"))


def test_checkpoints_change_nothing(tmp_path):
    same(train("numpy", tmp_path), train("numpy"))
    assert len(list(tmp_path.iterdir())) == 2  # the last two are kept


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    with pytest.raises(Killed):
        train("numpy", tmp_path, kill=6)
    newest = max(tmp_path.iterdir())
    newest.write_bytes(newest.read_bytes()[:-5])
    same(train("numpy", tmp_path, resume=True), train("numpy"))


def test_where_all_are_damaged_nothing_is_pretended(tmp_path):
    with pytest.raises(Killed):
        train("numpy", tmp_path, kill=6)
    for place in tmp_path.iterdir():
        place.write_bytes(b"x" * 100)
    with pytest.raises(ModelFileError, match="or it is damaged"):
        train("numpy", tmp_path, resume=True)


def test_a_checkpoint_of_another_training_is_refused_and_says_what_differs(tmp_path):
    with pytest.raises(Killed):
        train("numpy", tmp_path, kill=6, identity={"rows": "sha256:1", "seed": 3})
    with pytest.raises(InputError, match="rows was 'sha256:1', is 'sha256:2'"):
        train("numpy", tmp_path, resume=True, identity={"rows": "sha256:2", "seed": 3})


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    with pytest.raises(Killed):
        train("numpy", tmp_path, kill=6, members=2)
    with pytest.raises(ModelFileError, match="is not of this training"):
        train("numpy", tmp_path, resume=True, members=3)


def test_records_are_told_again_and_once(tmp_path):
    with pytest.raises(Killed):
        train("numpy", tmp_path, kill=14)
    run = train("numpy", tmp_path, resume=True)
    assert [record.epoch for record in run.history if isinstance(record, StepRecord)] == [1, 2, 3, 4, 5]
    assert run.seconds >= run.history[-1].seconds >= run.history[0].seconds


def test_writing_takes_a_hundredth_of_the_time_at_most(tmp_path, monkeypatch):
    now = [0.0]

    def slowly(*given):
        now[0] += 2.0

    monkeypatch.setattr(checkpoints_module, "SHARE", 0.01)
    monkeypatch.setattr(checkpoints_module.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(checkpoints_module, "write_checkpoint", slowly)
    checkpoints = Checkpoints(tmp_path, {}, every=30.0)
    now[0] = 30.0
    assert checkpoints.due()
    checkpoints.write(1, Checkpoint({}, {}))
    now[0] = 32.0 + 199.0
    assert not checkpoints.due()
    now[0] = 32.0 + 200.0
    assert checkpoints.due()
