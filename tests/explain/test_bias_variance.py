"""Bias and variance: identities, closed forms, known truth; the sweep against training one by one; the verdict."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.bias_variance import bias_variance
from cutaway.explain.decomposition import Redrawn, difference, squared_parts, zero_one_parts
from cutaway.explain.noise import noise_from_neighbours, noise_from_repeats
from cutaway.explain.resampling import resampled
from cutaway.explain.sweep import train_kinds
from cutaway.explain.verdict import states, verdict
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


def components(random, resamples, seeds, rows, data, own):
    """Outputs with a known bias at each row, and known variances between resamples and between seeds."""
    bias = np.linspace(-1, 1, rows)[:, None]
    shift = data * random.standard_normal((resamples, 1, rows, 1))
    return bias + shift + own * random.standard_normal((resamples, seeds, rows, 1)), bias


# ---- squared error ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_parts_add_up_to_the_error(seeds):
    outputs, _ = components(RANDOM, 4, seeds, 30, 0.5, 0.3)
    truth = RANDOM.standard_normal((30, 1))
    for how in ({}, {"noise": 0.2}, {"known": np.zeros((30, 1))}):
        parts = squared_parts(outputs, truth, Redrawn(4, 30), **how)
        noise = 0 if parts.noise is None else parts.noise.value
        assert parts.error.value == pytest.approx(np.mean((outputs - truth) ** 2))
        assert parts.bias.value + parts.variance.value + noise == pytest.approx(parts.error.value)
        if seeds > 1:
            assert parts.from_data.value + parts.from_seeds.value == pytest.approx(parts.variance.value)
        else:
            assert parts.from_data is None


def test_the_parts_are_right_on_average_and_their_intervals_hold_the_truth():
    random, found, inside = np.random.default_rng(3), [], []
    expected = np.array([np.mean(np.linspace(-1, 1, 40) ** 2), 0.25 + 0.09, 0.25, 0.09])
    for place in range(100):
        outputs, _ = components(random, 8, 3, 40, 0.5, 0.3)
        noisy = 0.2 * random.standard_normal((40, 1))
        parts = squared_parts(outputs, noisy, Redrawn(8, 40, place), known=np.zeros((40, 1)))
        figures = [parts.bias, parts.variance, parts.from_data, parts.from_seeds]
        found.append([figure.value for figure in figures])
        inside.append([figure.low <= truth <= figure.high for figure, truth in zip(figures, expected, strict=True)])
    errors = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - expected) < 4 * errors).all()
    assert (np.mean(inside, axis=0) > 0.9).all()


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
    assert parts.variance.high < 2.5 * exact
    assert parts.bias.low < 0 < parts.bias.high
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


def by_definition(answers, truth):
    """Domingos's bias and net variance, row by row, with labels as the truth."""
    bias = variance = 0.0
    for row, label in enumerate(truth):
        said = answers[..., row].ravel()
        main = np.argmax(np.bincount(said, minlength=3))
        differ = np.mean(said != main)
        if main == label:
            variance += differ
        else:
            bias += 1
            # c₂ = −P(y = t | y ≠ main)
            variance -= differ * (np.mean(said[said != main] == label) if differ else 0)
    return bias / len(truth), variance / len(truth)


def test_zero_one_parts_are_those_of_the_definition_and_add_up():
    answers = RANDOM.integers(0, 3, (5, 3, 40))
    answers[:, :, :20] = np.where(RANDOM.random((5, 3, 20)) < 0.7, 1, answers[:, :, :20])
    truth = RANDOM.integers(0, 3, 40)
    parts = zero_one_parts(answers, truth, Redrawn(5, 40), 3)
    assert (parts.bias.value, parts.variance.value) == pytest.approx(by_definition(answers, truth))
    assert parts.error.value == pytest.approx(np.mean(answers != truth))
    assert parts.bias.value + parts.variance.value == pytest.approx(parts.error.value)


def test_noise_of_two_classes_weighs_as_the_theorem_says():
    """A wrong label adds 2 P(answer = best) − 1 to the error of its row."""
    answers, best = RANDOM.integers(0, 2, (6, 2, 50)), RANDOM.integers(0, 2, 50)
    flipped = RANDOM.random(50) < 0.2
    labels = np.where(flipped, 1 - best, best)
    parts = zero_one_parts(answers, labels, Redrawn(6, 50), 2, known=best)
    weigh = 2 * np.mean(answers == best, axis=(0, 1)) - 1
    assert parts.noise.value == pytest.approx(np.mean(weigh * flipped))
    assert parts.bias.value + parts.variance.value + parts.noise.value == pytest.approx(parts.error.value)


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


# ---- noise and the verdict --------------------------------------------------------------------------------------


def test_noise_is_estimated_near_what_it_is():
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (1500, 2))
    y = np.sin(2 * x[:, 0]) * x[:, 1] + 0.4 * random.standard_normal(1500)
    assert noise_from_neighbours(x, y) == pytest.approx(0.16, abs=0.02)
    again = np.repeat(x[:300], 4, axis=0)
    noisy = again[:, 0] + 0.4 * random.standard_normal(1200)
    assert noise_from_repeats(again, noisy) == pytest.approx(0.16, abs=0.03)
    with pytest.raises(ca.InputError, match="0 rows repeat"):
        noise_from_repeats(x, y)


def parts_of(error, seeds=0.0, redrawn=None):
    """Parts with an error that is the same in each draw, and so much variance of seeds."""
    outputs = error**0.5 + seeds**0.5 * np.random.default_rng(0).standard_normal((4, 3, 30, 1))
    outputs -= outputs.mean() - error**0.5
    return squared_parts(outputs, np.zeros((30, 1)), redrawn)


@pytest.mark.parametrize(
    ("vary", "errors", "fewer", "seeds", "what"),
    [
        ("width", (4.0, 2.0, 1.0), None, 0, "more capacity"),
        ("epochs", (4.0, 2.0, 1.0), None, 0, "longer training"),
        ("width", (1.0, 2.0, 4.0), None, 0, "more regularisation"),
        ("width", (1.0, 1.0, 4.0), None, 0, "neither"),  # as good at the small end: going further back gains nothing
        ("weight_decay", (4.0, 2.0, 1.0), None, 0, "more regularisation"),
        ("width", (2.0, 1.0, 1.5), 1.2, 0, "more data"),
        ("width", (2.0, 1.0, 1.5), 1.0, 0.2, "averaging"),
        ("width", (2.0, 1.0, 1.5), 1.0, 0, "neither"),
        ("rows", (2.0, 1.5, 1.0), None, 0, "more data"),
        ("rows", (2.0, 1.0, 1.0), None, 0, "neither"),
        ("width", (4.0, 2.0, 1.9), 3.0, 0, "more data"),
    ],
)
def test_the_verdict_follows_from_the_figures(vary, errors, fewer, seeds, what):
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, seeds, redrawn) for error in errors]
    less = None if fewer is None else (100, 50, parts_of(fewer, seeds, redrawn))
    found = verdict(vary, [1.0, 2.0, 4.0], parts, redrawn, less)
    assert found.what == what, found.sentence
    assert found.sentence.startswith(what)
    if what == "more data" and vary == "width":
        assert "from 50 rows to 100" in found.sentence


def test_states_say_where_the_best_is():
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, 0, redrawn) for error in (2.0, 1.0, 1.0, 3.0)]
    assert states(parts, redrawn) == ["too small", "best", "as good", "too large"]
    assert difference(parts[3], parts[1], redrawn).value == pytest.approx(2.0)


# ---- what is shown ----------------------------------------------------------------------------------------------


def test_charts_text_and_json_are_of_the_same_figures():
    found = small(values=(1, 4), learning_curve=True)
    chart = found.chart()
    assert list(chart.lines[0].y) == [part.error.value for part in found.parts]
    assert [line.name for line in chart.lines[:3]] == ["error", "bias² + noise", "variance"]
    for svg in (found.svg(), found.learning_curve().svg()):
        ElementTree.fromstring(svg)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["values"][1]["error"]["value"] == pytest.approx(found.parts[1].error.value)
    assert told["verdict"]["what"] == found.verdict.what
    assert "Verdict" in str(found)
    pytest.importorskip("matplotlib")
    axes = found.figure().axes
    assert axes[0].lines[0].get_ydata() == pytest.approx([part.error.value for part in found.parts])
    assert axes[1].lines[0].get_xdata() == pytest.approx([rows for rows, _, _ in found.curve])


def test_the_command_measures_a_table(tmp_path, capsys):
    from cutaway.cli.capacity import capacity

    table = tmp_path / "t.csv"
    rows = [f"{a:.3f},{'red' if b > 0 else 'blue'},{y:.4f}" for (a, b), y in zip(X, Y[:, 0], strict=True)]
    table.write_text("\n".join(["a,colour,y", *rows]))
    how = {"target": "y", "widths": "1,4", "resamples": 3, "seeds": 2, "epochs": 3}
    assert capacity(table, **how, out=tmp_path / "c.svg") == 0
    said = capsys.readouterr().out
    assert "share of the variance of 'y'" in said
    assert "verdict" in said
    ElementTree.fromstring((tmp_path / "c.svg").read_text())
    assert capacity(table, **(how | {"target": "colour"}), json_=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "0–1 loss"
    assert told["networks"] == 3 * 2 * (2 + 3)
    with pytest.raises(ca.InputError, match="numbers with commas"):
        capacity(table, **(how | {"widths": "one"}))
    with pytest.raises(ca.InputError, match="--noise is 'loud'"):
        capacity(table, **how, noise="loud")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"vary": "colour"}, "vary is 'colour'"),
        ({"values": (0,)}, "expected different whole numbers"),
        ({"values": (2, 2)}, "expected different"),
        ({"resamples": 1}, "resamples must be"),
        ({"test": 1.5}, "test is 1.5"),
        ({"loss": "hinge"}, "expected squared error or cross-entropy"),
        ({"noise": "loud"}, "noise is 'loud'"),
        ({"noise": -1.0}, "noise is -1.0"),
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
