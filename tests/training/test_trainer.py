"""The loop around the step: best weights, patience, roll-back, interruption, records, chunks."""

import json
import signal
import threading

import numpy as np
import pytest

import cutaway as ca
from cutaway.records import Event, LayerVitals, Progress, StepRecord
from cutaway.training import trainer as trainer_module

ENGINES = ["numpy", "xla"]


def noisy(rows=60, seed=0):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (rows, 1))
    return x, np.sin(3 * x) + 0.3 * random.standard_normal((rows, 1))


def mlp(width=16):
    return ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_best_weights_on_validation_are_the_ones_delivered(engine):
    x, y = noisy()
    held_out = noisy(seed=1)
    run = ca.fit(mlp(), x, y, loss="squared_error", optimizer=ca.Adam(0.05), epochs=60, batch_size=7,
                 validation=held_out, engine=engine)  # fmt: skip
    best = min(record.validation for record in run.history)
    assert run.best.validation == best < run.history[-1].validation
    assert np.mean((run.predict(held_out[0]) - held_out[1]) ** 2) == pytest.approx(best, rel=1e-4)


def test_patience_ends_a_training_that_no_longer_improves():
    x, y = noisy()
    run = ca.fit(mlp(), x, y, loss="squared_error", optimizer=ca.Adam(0.05), epochs=1000, validation=noisy(seed=1),
                 early_stopping=8)  # fmt: skip
    assert len(run.history) == run.best.epoch + 8 < 1000
    assert "no better validation loss for 8 epochs" in run.events[-1].message


@pytest.mark.parametrize("engine", ENGINES)
def test_long_epochs_in_chunks_give_the_same_as_in_one(engine, monkeypatch):
    x, y = noisy()
    runs = []
    for seconds in (10.0, 1e-9):  # one chunk an epoch; one chunk a step
        monkeypatch.setattr(trainer_module, "CHUNK_SECONDS", seconds)
        heard = []
        net = mlp()
        ca.fit(net, x, y, loss="squared_error", epochs=3, batch_size=7, engine=engine, callbacks=[heard.append])
        runs.append((net.parameters(), sum(isinstance(record, Progress) for record in heard)))
    (whole, none), (chunked, progress) = runs
    assert (none, progress) == (0, 27)
    for key, array in whole.items():
        np.testing.assert_array_equal(array, chunked[key])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_that_goes_non_finite_is_undone_and_the_rate_lowered(engine):
    x, y = noisy()
    # A rate that diverges at once; a tenth of it does not.
    run = ca.fit(ca.Sequential(ca.Dense(1)), 100 * x, y, loss="squared_error", optimizer=ca.GradientDescent(1e-3),
                 epochs=120, batch_size=60, engine=engine)  # fmt: skip
    assert [event.what for event in run.events] == ["engine", "not finite"]
    assert np.isfinite(run.predict(x)).all()
    assert run.history[-1].loss < run.history[0].loss


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_that_stays_non_finite_ends_with_finite_weights_and_says_why(engine):
    x, y = noisy()
    run = ca.fit(ca.Sequential(ca.Dense(1)), x, y, loss="squared_error", optimizer=ca.GradientDescent(1e30),
                 epochs=50, engine=engine)  # fmt: skip
    assert len(run.history) < 50
    assert "lower the learning rate" in run.events[-1].message
    assert np.isfinite(run.predict(x)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_one_member_that_goes_non_finite_does_not_disturb_the_others(engine):
    x, y = noisy()
    settings = {"loss": "squared_error", "optimizer": ca.Adam(0.01), "epochs": 4, "engine": engine, "seed": 5}
    fine = ca.fit(mlp(), x, y, members=2, **settings).network.params
    alone = mlp()
    ca.fit(alone, x, y, **settings)
    for key, array in alone.parameters().items():
        np.testing.assert_allclose(fine[key][0], array, rtol=1e-4, atol=1e-6)
    assert not np.allclose(fine["0.weight"][0], fine["0.weight"][1])


@pytest.mark.parametrize("engine", ENGINES)
def test_watching_does_not_change_training(engine):
    x, y = noisy()
    weights = []
    for observe in (True, False):
        net = ca.Sequential(ca.Dense(8), ca.BatchNorm(), ca.ReLU(), ca.Dropout(0.2), ca.Dense(1))
        run = ca.fit(net, x, y, loss="squared_error", epochs=5, observe=observe, engine=engine)
        assert bool(run.vitals) == observe
        weights.append({**net.parameters(), **net.state()})
    for key, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][key])


def test_vitals_are_what_numpy_says():
    x, y = noisy()
    net = ca.Sequential(ca.Dense(6), ca.ReLU(), ca.Dense(1)).build(1)
    net[0].weight = np.zeros((1, 6))
    net[0].bias = [-1, -1, -1, 1, 1, 1]
    run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.GradientDescent(0.0), epochs=1, batch_size=None)
    first = {vitals.path: vitals for vitals in run.vitals if vitals.epoch == 0}
    assert first["1"].silent == 0.5 and first["1"].kind == "ReLU"
    assert first["0"].output_mean == 0 and first["0"].output_std == 1
    assert first["0"].weight_norm == pytest.approx(np.sqrt(6))
    assert first["0"].update_ratio == 0
    assert first["1"].weight_norm is None
    error = 2 * (np.maximum(net[0].bias, 0) @ net[2].weight - y) / len(x)
    blame = (error @ net[2].weight.T) * (net[0].bias > 0)
    expected = np.sqrt(np.sum((x.T @ blame) ** 2) + np.sum(blame.sum(0) ** 2))
    assert first["0"].gradient_norm == pytest.approx(expected, rel=1e-4)


def test_a_listener_may_stop_the_training():
    def enough(record):
        if isinstance(record, StepRecord) and record.epoch == 3:
            raise ca.StopTraining("that will do")

    run = ca.fit(mlp(), *noisy(), loss="squared_error", epochs=100, callbacks=[enough])
    assert len(run.history) == 3
    assert run.events[-1].message == "that will do"


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals need the main thread")
def test_ctrl_c_keeps_what_was_learned():
    def press(record):
        if isinstance(record, StepRecord) and record.epoch == 3:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    net = mlp().build(1)
    start = net[0].weight.copy()
    run = ca.fit(net, *noisy(), loss="squared_error", epochs=100, callbacks=[press])
    assert len(run.history) == 3
    assert "Ctrl-C in epoch 3 of 100" in run.events[-1].message
    assert not np.array_equal(start, net[0].weight)
    assert signal.getsignal(signal.SIGINT) is before


def test_records_are_written_as_they_are_announced(tmp_path):
    run = ca.fit(mlp(), *noisy(), loss="squared_error", epochs=4, validation=0.25, path=tmp_path / "run")
    assert np.array_equal(ca.load(tmp_path / "run").predict(noisy()[0]), run.predict(noisy()[0]))
    lines = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    kinds = [line["record"] for line in lines]
    assert kinds[0] == "Event" and kinds.count("StepRecord") == 4
    epochs = [line for line in lines if line["record"] == "StepRecord"]
    assert [line["validation"] for line in epochs] == [record.validation for record in run.history]
    assert {type(record) for record in (*run.history, *run.vitals, *run.events)} == {
        StepRecord,
        LayerVitals,
        Event,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_seed_gives_the_same_bits(engine):
    def train(seed):
        net = ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dropout(0.3), ca.Dense(1))
        ca.fit(net, *noisy(), loss="squared_error", epochs=5, seed=seed, engine=engine)
        return net.parameters()

    first, second, other = train(1), train(1), train(2)
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert not np.array_equal(first["0.weight"], other["0.weight"])


def test_the_two_engines_agree_dropout_included():
    x, y = noisy()
    weights = []
    for engine in ENGINES:
        # No bias before batch norm: its gradient is 0 but for rounding, which Adam would blow up to full steps.
        net = ca.Sequential(ca.Dense(8, bias=False), ca.BatchNorm(), ca.Tanh(), ca.Dropout(0.3), ca.Dense(1))
        ca.fit(net, x, y, loss="squared_error", epochs=3, batch_size=16, engine=engine)
        weights.append({**net.parameters(), **net.state()})
    for key, array in weights[0].items():
        np.testing.assert_allclose(array, weights[1][key], rtol=2e-4, atol=2e-5)
