"""Bias and variance: identities, closed forms, known truth; the sweep against training one by one; the verdict."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.bias_variance import bias_variance
from cutaway.explain.resampling import resampled
from cutaway.explain.sweep import train_kinds
from cutaway.losses import as_loss
from cutaway.optimizers import as_optimizer
from cutaway.training.step import Batch

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (90, 2)).astype(np.float32)
Y = (np.sin(3 * X[:, :1]) + 0.1 * RANDOM.standard_normal((90, 1))).astype(np.float32)


def made(width=4):
    return ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1))


def small(make=made, **how):
    settings = {"resamples": 3, "seeds": 2, "epochs": 4, "engine": "numpy", "learning_curve": False} | how
    return bias_variance(make, X, settings.pop("y", Y), **settings)


# ---- squared error ----------------------------------------------------------------------------------------------


def test_least_squares_on_a_line_with_noise_has_the_variance_of_its_closed_form():
    """Least squares of p normal columns from n rows: bias 0, variance σ² p / (n − p − 1), noise σ²."""
    weights, sigma = np.array([[1.0], [-2.0], [0.5]]), 0.5

    def draw(random, rows=16):
        x = random.standard_normal((rows, 3))
        return x, x @ weights + sigma * random.standard_normal((rows, 1))

    x, y = draw(np.random.default_rng(8), 400)
    found = bias_variance(
        lambda _: ca.Sequential(ca.Dense(1, bias=False)), draw=draw, test=(x, y), truth=x @ weights, values=(1,),
        resamples=20, seeds=1, epochs=120, batch_size=16, optimizer=ca.Adam(ca.Cosine(0.1)), engine="numpy",
        learning_curve=False,
    )  # fmt: skip
    parts = found.parts[0]
    exact = sigma**2 * 3 / (16 - 3 - 1)
    assert parts.variance.low < exact < parts.variance.high
    assert parts.variance.high < 3 * exact
    assert parts.bias.low == 0 < parts.bias.high < 0.05
    assert abs(parts.bias.value) < 0.01
    assert parts.noise.low < sigma**2 < parts.noise.high


def test_what_a_line_cannot_bend_to_is_bias():
    """Of x₁ x₂ a linear network without bias can say nothing: E (x₁ x₂)² = 1 is bias."""

    def draw(random, rows=60):
        x = random.standard_normal((rows, 2))
        return x, x[:, :1] * x[:, 1:] + 0.3 * random.standard_normal((rows, 1))

    x, y = draw(np.random.default_rng(2), 2000)
    found = bias_variance(
        lambda _: ca.Sequential(ca.Dense(1, bias=False)), draw=draw, test=(x, y), noise=0.09, values=(1,),
        resamples=8, seeds=1, epochs=60, batch_size=60, optimizer=ca.Adam(ca.Cosine(0.1)), engine="numpy",
        learning_curve=False,
    )  # fmt: skip
    assert found.parts[0].bias.low < 1 < found.parts[0].bias.high
    assert found.parts[0].bias.value > 5 * found.parts[0].variance.value


# ---- 0–1 loss ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "outputs"), [("cross_entropy", 3), ("binary_cross_entropy", 1)])
def test_classes_are_divided_by_their_decisions(loss, outputs):
    labels = (X[:, 0] > 0).astype(int) + (outputs == 3) * (X[:, 1] > 0.5)
    found = small(
        lambda width: ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(outputs)), y=labels, loss=loss,
        values=(2, 5), optimizer=ca.Adam(0.05), epochs=10,
    )  # fmt: skip
    assert found.kind == "0–1 loss"
    assert found.names == ("bias", "net variance")
    for part in found.parts:
        assert 0 <= part.error.value < 0.6
        assert part.bias.value + part.variance.value == pytest.approx(part.error.value)
    assert "labels are taken for the truth" in found.noise


# ---- the sweep --------------------------------------------------------------------------------------------------


def sweep(engine, together, widths=(1, 3, 6)):
    learned = [np.random.default_rng(place).integers(0, 90, 70) for place in range(3)]
    found = train_kinds(
        [made(width) for width in widths], as_loss("squared_error"), as_optimizer("adam"), Batch(X, Y, None), learned,
        X, epochs=3, batch_size=16, seed=5, engine=engine, together=together,
    )  # fmt: skip
    return found, learned


def test_each_network_is_the_one_it_would_be_alone():
    found, learned = sweep("numpy", together=True)
    for kind, width in enumerate((1, 3, 6)):
        for member, places in enumerate(learned):
            alone = made(width)
            ca.fit(
                alone, X[places], Y[places], loss="squared_error", epochs=3, batch_size=16, seed=5 + member,
                engine="numpy",
            )  # fmt: skip
            assert found.outputs[kind][member] == pytest.approx(alone(X), abs=1e-6)


def test_narrow_networks_filled_up_with_zeros_learn_as_they_would_alone():
    pytest.importorskip("jax")
    one, _ = sweep("xla", together=True)
    apart, _ = sweep("numpy", together=False)
    assert (one.programs, apart.programs) == (1, 3)
    for mine, other in zip(one.outputs, apart.outputs, strict=True):
        assert mine == pytest.approx(other, abs=2e-6)


def test_after_some_epochs_a_network_is_what_it_would_be_then():
    long = small(lambda: made(3), vary="epochs", values=(2, 4), epochs=4)
    short = small(lambda: made(3), vary="epochs", values=(2,))
    assert long.parts[0].error == short.parts[0].error


def test_resamples_are_drawn_as_they_are_called():
    rows = np.arange(10, 110)
    boot = resampled(rows, 20, "bootstrap", 0)
    assert all(len(part) == 100 and set(part) <= set(rows) for part in boot)
    assert np.mean([len(set(part)) for part in boot]) == pytest.approx(63.4, abs=2)
    parts = resampled(rows, 3, "parts", 0)
    assert len({row for part in parts for row in part}) == 99


@pytest.mark.parametrize(
    ("vary", "values", "make"),
    [
        ("depth", (1, 2), lambda depth: ca.Sequential(*(ca.Dense(3) for _ in range(depth)), ca.Tanh(), ca.Dense(1))),
        ("weight_decay", (0.0, 0.1), lambda: made(3)),
        ("rows", None, lambda: made(3)),
        ("rows", (10, 30), lambda: made(3)),
    ],
)  # fmt: skip
def test_whatever_is_varied_the_parts_add_up(vary, values, make):
    found = small(make, vary=vary, values=values, noise=0.01)
    for part in found.parts:
        assert part.bias.value + part.variance.value + 0.01 == pytest.approx(part.error.value)
    if vary == "rows":
        assert [rows for rows, _, _ in found.curve] == [int(value) for value in found.values]


def test_rows_learned_from_are_known_better_than_others():
    found = small(
        lambda _: made(20), values=(20,), epochs=60, optimizer=ca.Adam(0.03), learning_curve=True, resample="parts"
    )
    assert found.learned[0] < found.parts[0].error.value
    rows = [rows for rows, _, _ in found.curve]
    assert rows == sorted(rows)
    assert rows[-1] == found.rows
    assert found.curve[0][1].error.value > found.curve[-1][1].error.value


# ---- what is shown ----------------------------------------------------------------------------------------------


def test_charts_text_and_json_are_of_the_same_figures():
    found = small(values=(1, 4), learning_curve=True)
    chart = found.chart()
    assert list(chart.lines[0].y) == [part.error.value for part in found.parts]
    assert [line.name for line in chart.lines[:3]] == ["error", "bias² + noise", "variance"]
    for svg in (found.svg(), found.learning_curve().svg()):
        ElementTree.fromstring(svg)
    assert len(ElementTree.fromstring(found.svg())) == 2
    assert max(chart.lines[0].high) <= 2 * max(part.error.value for part in found.parts)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["values"][1]["error"]["value"] == pytest.approx(found.parts[1].error.value)
    assert told["verdict"]["what"] == found.verdict.what
    assert "Verdict" in str(found)
    pytest.importorskip("matplotlib")
    axes = found.figure().axes
    assert axes[0].lines[0].get_ydata() == pytest.approx([part.error.value for part in found.parts])
    assert axes[1].lines[0].get_xdata() == pytest.approx([rows for rows, _, _ in found.curve])


def test_the_best_is_trained_with_weight_decay_too():
    """The weight decay of the optimizer and as much more; what is measured is what varying it measures."""
    how = {"values": (4,), "optimizer": ca.Adam(0.01, weight_decay=0.5), "weight_decay": 1.5}
    found = small(lambda _: made(4), **how)
    decay, parts = found.decayed
    assert decay == 2.0
    varied = small(lambda: made(4), **how | {"vary": "weight_decay", "values": (0.5, 2.0)})
    assert parts.error.value == pytest.approx(varied.parts[1].error.value)
    assert found.parts[0].error.value == pytest.approx(varied.parts[0].error.value)
    assert varied.decayed is None
    assert found.networks == 2 * 3 * 2
    assert small(weight_decay=0, values=(2,)).decayed is None
    told = []
    small(values=(2, 4), learning_curve=True, told=lambda done, whole: told.append((done, whole)))
    assert told[-1] == (36, 36) and [done for done, _ in told] == sorted(done for done, _ in told)


def test_noise_above_what_is_left_of_the_error_is_told():
    found = small(values=(8,), epochs=20, noise=5.0)
    assert "less than the noise is said to be" in found.notes[0]
    assert found.parts[0].bias.value < 0 == found.parts[0].bias.low
    assert not small(values=(2,), noise=0.001).notes


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"vary": "colour"}, "vary is 'colour'"),
        ({"values": (0,)}, "expected different whole numbers"),
        ({"values": (2, 2)}, "expected different"),
        ({"resamples": 2}, "resamples must be"),
        ({"test": 1.5}, "test is 1.5"),
        ({"loss": "hinge"}, "expected squared error or cross-entropy"),
        ({"noise": "loud"}, "noise is 'loud'"),
        ({"noise": -1.0}, "noise is -1.0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0"),
        ({"resample": "twice"}, "resample is 'twice'"),
        ({"truth": [1.0]}, "truth has shape"),
        ({"truth": np.zeros(30), "noise": 0.1}, "leave noise out"),
        ({"make": lambda _: 3}, "returned 3"),
        ({"vary": "rows", "values": (1000,), "make": made}, "take no more"),
        ({"draw": lambda random: (X, Y)}, "leave X and y out"),
        ({"resample": "parts", "resamples": 60}, "leave 1 each"),
    ],
)
def test_wrong_input_is_told(how, message):
    with pytest.raises(ca.InputError, match=message):
        small(how.pop("make", made), **how)


def test_a_row_to_test_on_is_no_repeat_of_itself():
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (400, 1))
    y = x + 0.5 * random.standard_normal((400, 1))
    how = {"values": [1], "resamples": 3, "seeds": 1, "epochs": 1, "noise": "repeats", "engine": "numpy"}
    with pytest.raises(ca.InputError, match="0 rows repeat the inputs of another"):
        bias_variance(lambda width: ca.Sequential(ca.Dense(width), ca.Dense(1)), x, y, loss="squared_error", **how)
