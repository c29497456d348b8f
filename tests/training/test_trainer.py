"""The loop around the step: best weights, patience, roll-back, interruption, records, chunks."""

import json
import signal

import numpy as np
import pytest

import cutaway as ca
from cutaway.records import Event, LayerVitals, Progress, StepRecord
from cutaway.training import engines as engines_module
from cutaway.training import loop as loop_module

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
        monkeypatch.setattr(loop_module, "CHUNK_SECONDS", seconds)
        monkeypatch.setattr(loop_module, "FEWEST_STEPS", 1)
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
    with pytest.warns(ca.TrainingWarning, match="diverged in epoch 2.*lower it, or scale"):
        run = ca.fit(
            ca.Sequential(ca.Dense(1)), x, y, loss="squared_error", optimizer=ca.GradientDescent(1e30),
            epochs=50, engine=engine,
        )  # fmt: skip
    assert len(run.history) == 2
    assert "lower it" in run.events[-1].message
    assert np.isfinite(run.predict(x)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_that_gives_up_is_delivered_finite_and_does_not_disturb_the_others(engine):
    x, _ = noisy()

    class Cliff(ca.SquaredError):
        """Squared error with a cliff: NaN wherever an output starts out negative at x = 1."""

        def rows(self, outputs, targets):
            return super().rows(outputs, targets) * ca.ops.sqrt(outputs[-1, 0] / ca.ops.abs(outputs[-1, 0]))

    settings = {"loss": Cliff(), "optimizer": ca.GradientDescent(1e-4), "batch_size": None, "shuffle": False}
    ones = np.ones_like(x)
    members = ca.fit(ca.Sequential(ca.Dense(1)), ones, ones, members=4, epochs=6, engine=engine, **settings)
    starts = [ca.Sequential(ca.Dense(1)).build(1, seed=seed)[0].weight.item() for seed in range(4)]
    assert min(starts) < 0 < max(starts), "the seeds must hold both kinds"
    assert all(np.isfinite(array).all() for array in members.network.params.values())
    assert np.isfinite(members.history[-1].loss)
    for member, start in enumerate(starts):
        weight = members.network.params["0.weight"][member].item()
        if start < 0:
            assert weight == pytest.approx(start)
        else:
            alone = ca.Sequential(ca.Dense(1))
            ca.fit(alone, ones, ones, epochs=6, seed=member, engine=engine, **settings)
            assert weight == pytest.approx(alone[0].weight.item(), rel=1e-5)


@pytest.mark.parametrize("loss", [ca.ResidualSumOfSquares(), ca.SquaredError()])
def test_validation_in_tiles_is_validation_at_once(loss, monkeypatch):
    x, y = noisy()
    values = []
    for tile in (7, 4096):
        monkeypatch.setattr(engines_module, "TILE", tile)
        run = ca.fit(ca.Sequential(ca.Dense(1)), x, y, loss=loss, epochs=1, validation=noisy(seed=1))
        values.append(run.history[0].validation)
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_class_weights_count_across_tiles(monkeypatch):
    monkeypatch.setattr(engines_module, "TILE", 7)
    x, y = noisy()
    labels = (y[:, 0] > 0.3).astype(int)
    net, loss = ca.Sequential(ca.Dense(2)), ca.CrossEntropy(class_weight=[1, 50])
    run = ca.fit(net, x, labels, loss=loss, epochs=1, validation=(x, labels))
    assert run.history[0].validation == pytest.approx(float(loss(net(x), labels)), rel=1e-5)


def test_a_partial_epoch_tells_the_mean_of_what_was_done(monkeypatch):
    monkeypatch.setattr(loop_module, "CHUNK_SECONDS", 1e-9)
    monkeypatch.setattr(loop_module, "FEWEST_STEPS", 1)

    def enough(record):
        if isinstance(record, Progress):
            raise ca.StopTraining

    ones = np.ones((100, 1))
    net = ca.Sequential(ca.Dense(1)).build(1)
    net[0].weight = [[0.0]]
    run = ca.fit(net, ones, ones, loss="squared_error", optimizer=ca.GradientDescent(1e-9), batch_size=1,
                 epochs=5, callbacks=[enough])  # fmt: skip
    assert run.history[-1].loss == pytest.approx(1.0) and run.history[-1].step == 1


def test_the_last_vitals_are_of_the_last_epoch():
    run = ca.fit(mlp(), *noisy(), loss="squared_error", epochs=40)
    assert {run.vitals[-1].epoch, run.vitals[-1].step} == {40, run.history[-1].step}


def test_the_rate_told_is_the_rate_used():
    x, y = noisy()
    run = ca.fit(ca.Sequential(ca.Dense(1)), 100 * x, y, loss="squared_error", optimizer=ca.GradientDescent(1e-3),
                 epochs=120, batch_size=60)  # fmt: skip
    assert run.events[1].what == "not finite"
    assert run.history[-1].learning_rate == pytest.approx(1e-4)


def test_metrics_are_of_probabilities():
    x, y = noisy()
    labels = (y[:, 0] > 0).astype(int)
    settings = {"epochs": 3, "validation": (x, labels), "metrics": ["log_loss", "accuracy"]}
    two = ca.fit(ca.Sequential(ca.Dense(2)), x, labels, loss="cross_entropy", **settings).history[-1]
    assert two.metrics["log_loss"] == pytest.approx(two.validation, rel=1e-4)
    one = ca.fit(ca.Sequential(ca.Dense(1)), x, labels, loss="binary_cross_entropy", **settings).history[-1]
    assert one.metrics["log_loss"] == pytest.approx(one.validation, rel=1e-4)


def test_a_float64_network_is_not_trained_in_float32():
    x, y = noisy()
    with pytest.raises(ca.InputError, match="float64"):
        ca.fit(mlp().build(1, dtype=np.float64), x, y, loss="squared_error", engine="xla")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_outside_the_table_is_refused_on_both_engines(engine):
    net = ca.Sequential(ca.Embedding(3, 2), ca.Flatten(), ca.Dense(1))
    with pytest.raises(ca.InputError, match="7"):
        ca.fit(net, np.array([[0], [1], [7]]), np.zeros(3), loss="squared_error", engine=engine)


def test_whole_numbers_beyond_32_bits_do_not_wrap():
    x = np.array([[2**33], [2**34]])
    net = ca.Sequential(ca.Dense(1)).build(1)
    net[0].weight = [[1.0]]
    run = ca.fit(net, x, x[:, 0], loss="squared_error", optimizer=ca.GradientDescent(0.0), epochs=1)
    assert run.history[0].loss == 0


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
