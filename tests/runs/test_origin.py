"""A run of `fit` keeps what it was trained from but the rows, and with those rows it is the same training again."""

import json
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import FindingWarning, InputError
from cutaway.runs.origin import setup_again
from cutaway.runs.repairing import train_again

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 3))
NUMBERS = X[:, 0] * X[:, 1]
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
WEIGHT = RANDOM.uniform(0.5, 2, 120)
ROWS = {"X": X, "y": NUMBERS}


def net(units=1):
    return ca.Sequential(ca.Dense(8), ca.BatchNorm(), ca.Dropout(0.2), ca.ReLU(), ca.Dense(units))


def fitted(place, network=None, y=NUMBERS, **how):
    how = {"loss": "squared_error", "epochs": 3, "engine": "numpy", "progress": False, "path": place} | how
    return ca.fit(net() if network is None else network, X, y, **how)


HOWS = {
    "share": ({"validation": 0.25, "seed": 3, "batch_size": 16, "metrics": ["rmse"]}, ROWS),
    "no validation": ({"shuffle": False, "batch_size": None}, ROWS),
    "own validation": (
        {"validation": (X[:40] + 1, NUMBERS[:40]), "early_stopping": 2},
        ROWS | {"X_validation": X[:40] + 1, "y_validation": NUMBERS[:40]},
    ),
    "weights": ({"sample_weight": WEIGHT, "validation": 0.2}, ROWS | {"sample_weight": WEIGHT}),
    "members": ({"members": 2, "optimizer": ca.Momentum(ca.Cosine(0.05), clip_norm=1.0)}, ROWS),
    "classes": (
        {"network": net(3), "y": CLASSES, "loss": ca.CrossEntropy(label_smoothing=0.1), "validation": 0.25},
        {"X": X, "y": CLASSES},
    ),
}


@pytest.mark.parametrize("name", HOWS)
def test_the_same_training_comes_back_bit_by_bit(name, tmp_path):
    how, rows = HOWS[name]
    run = fitted(tmp_path / "run", **how)
    loaded = ca.load(tmp_path / "run")
    assert loaded.origin == run.origin.seeing(run.setup)
    setup = setup_again(loaded, rows)
    for one, other in zip((*setup.rows, setup.held_out), (*run.setup.rows, run.setup.held_out), strict=True):
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else (one is None) == (other is None)
    assert (repr(setup.loss), repr(setup.optimizer)) == (repr(run.setup.loss), repr(run.setup.optimizer))
    again = train_again(setup).run
    assert [record.loss for record in again.history] == [record.loss for record in run.history]
    assert [record.metrics for record in again.history] == [record.metrics for record in run.history]
    assert np.array_equal(again.predict(X), run.predict(X))


def test_it_holds_no_row(tmp_path):
    fitted(tmp_path / "run", validation=0.25)
    origin = json.loads((tmp_path / "run" / "diagnosis.json").read_text())["origin"]
    assert origin["rows"]["X"].keys() == {"shape", "dtype", "digest"} and origin["validation"] == 0.25
    fitted(tmp_path / "bare", observe=False)
    assert ca.load(tmp_path / "bare").origin is None


def test_rows_by_file_by_name_and_as_a_pair(tmp_path):
    run = fitted(tmp_path / "run")
    np.savez(tmp_path / "rows.npz", X=X.astype(np.float32), y=NUMBERS.reshape(-1, 1))  # the same to the network
    loaded = ca.load(tmp_path / "run")
    for data in (ROWS, (X, NUMBERS), tmp_path / "rows.npz", str(tmp_path / "rows.npz")):
        assert np.array_equal(setup_again(loaded, data).rows.x, run.setup.rows.x)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((X[:100], NUMBERS[:100]), "X has shape \\(100, 3\\), the run was trained with \\(120, 3\\)"),
        ((X[:, :2], NUMBERS), "X has shape \\(120, 2\\)"),
        ((X, NUMBERS[:100]), "y has shape \\(100,\\)"),
        ((X[::-1], NUMBERS), "not the rows that it learned from: X holds other values, or its rows stand in another"),
        ((X, NUMBERS + 1), "not the rows that it learned from: y holds other values"),
        (((10 * X).astype(int), NUMBERS), "X is int32 and was <f4"),
        (ROWS | {"sample_weight": WEIGHT}, "data holds X, sample_weight, y; the run was trained with X, y"),
        ({"X": X}, "expected X and y"),
        ({"X": X, "y": NUMBERS, "z": X}, "holds z"),
        (X, "data is ndarray"),
    ],
    ids=str,
)
def test_other_rows_are_refused_with_what_differs(tmp_path_factory, data, words):
    folder = tmp_path_factory.getbasetemp() / "refused"
    if not folder.exists():
        fitted(folder)
    with pytest.raises(InputError, match=words):
        setup_again(ca.load(folder), data)


def test_files_that_hold_no_rows(tmp_path):
    fitted(tmp_path / "run")
    loaded = ca.load(tmp_path / "run")
    (tmp_path / "text.npz").write_text("no archive")
    np.save(tmp_path / "one.npy", X)
    np.savez(tmp_path / "objects.npz", X=np.array([{}], object), y=NUMBERS)
    for name in ("text.npz", "one.npy", "objects.npz", "none.npz"):
        with pytest.raises(InputError, match=name):
            setup_again(loaded, tmp_path / name)


class Own(ca.SquaredError):
    """A loss of one's own."""


def test_what_cannot_be_repeated_says_why(tmp_path):
    taught = net()
    fitted(tmp_path / "first", taught)
    fitted(tmp_path / "second", taught)
    fitted(tmp_path / "own", loss=Own())
    for name, words in (("second", "its first weights were learned or set before"), ("own", "the loss Own is one of")):
        loaded = ca.load(tmp_path / name)
        assert words in loaded.origin.obstacle
        with pytest.raises(InputError, match=words):
            setup_again(loaded, ROWS)
    loaded.origin = None
    with pytest.raises(InputError, match="does not say how it was trained"):
        setup_again(loaded, ROWS)
    loaded.origin = replace(ca.load(tmp_path / "first").origin, epochs=0)
    with pytest.raises(InputError, match="damaged"):
        setup_again(loaded, ROWS)


def test_a_run_from_disk_is_tried_and_repaired_with_its_rows(tmp_path):
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 3)) * [1, 2000, 1] + 300
    y = np.sin(x[:, 0]) + x[:, 2]
    with pytest.warns(Warning) as told:
        run = ca.fit(ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1)), x, y, loss="squared_error", engine="numpy",
                     optimizer=ca.GradientDescent(0.05), epochs=20, validation=0.25, path=tmp_path / "ill",
                     progress=False)  # fmt: skip
    assert any(issubclass(each.category, FindingWarning) for each in told)
    loaded = ca.load(tmp_path / "ill")
    assert loaded.diagnose().suspected and loaded.diagnose(data=(x, y)).findings[0].proof is not None
    with pytest.raises(InputError, match="--data"):
        loaded.diagnose(fix=True)
    found = loaded.diagnose(fix=True, data=(x, y))
    mended = run.diagnose(fix=True)
    assert found.repaired and found.after == mended.after > 0.9 > found.before == mended.before
    assert any(event.what == "repaired" and "inputs_unscaled" in event.message for event in found.run.events)
    with pytest.raises(InputError, match="itself a repaired run"):
        setup_again(found.run, (x, y))
