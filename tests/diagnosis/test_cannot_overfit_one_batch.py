"""A batch to be learned by heart: networks that are in order can, those with a fault cannot, and both are told."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.autodiff import primitive
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.cannot_overfit_one_batch import LEFT, cannot_overfit_one_batch, one_batch, some_rows
from cutaway.diagnosis.checks import CHECKS
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.proving import proved
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, undecided
from cutaway.losses import Loss
from cutaway.records import Fix
from cutaway.training.step import Batch
from tests.diagnosis.fixes.making import evidence_of, finding, setup_of
from tests.diagnosis.trained import clouds, moons, sine

TIME = 60.0


@primitive
def turned(x):
    """The same, with its blame turned round."""
    return x * 1.0, lambda g: (lambda: -g,)


class Turned(ca.Layer):
    """Hands on what it gets, and the blame with the wrong sign."""

    def forward(self, x, ctx):
        return turned(x)


class Misread(ca.Layer):
    """Reads a batch column by column, and cuts that into rows."""

    def forward(self, x, ctx):
        return ca.ops.reshape(ca.ops.transpose(x, axes=(1, 0)), shape=x.shape)


class Mean(ca.Layer):
    """The mean over the rows, for every row."""

    def forward(self, x, ctx):
        return ca.ops.mean(x, axis=0, keepdims=True) + 0.0 * x


class Climbing(Loss):
    """Squared error with its sign the wrong way round."""

    def rows(self, outputs, targets):
        return -ca.ops.mean((outputs - targets) ** 2.0, axis=1)


class Quartic(Loss):
    """The fourth power of the error: of which nobody knows what is little."""

    def rows(self, outputs, targets):
        return ca.ops.mean((outputs - targets) ** 4.0, axis=1)


def done(*layers, rows=None, loss="cross_entropy", **how):
    x, y = clouds() if rows is None else rows
    return one_batch(setup_of(ca.Sequential(*layers), x, y, loss, **how), TIME)


@pytest.mark.parametrize("layer", [Turned, Misread, Mean])
def test_what_has_a_fault_inside_cannot(layer):
    layers = (ca.Dense(32), ca.ReLU(), ca.Dense(2), layer())
    found = cannot_overfit_one_batch(done(*layers, rows=moons()))
    assert found.measured > 2 * LEFT and found.normal == (None, LEFT) and found.confidence > 0.5
    assert (
        "16 rows cannot be learned by heart" in found.sentence and "network, the loss or the labels" in found.sentence
    )


def test_its_number_is_the_lowest_loss_over_that_of_knowing_nothing():
    """Of a network that answers every row alike, that is 1: nothing is lower than the best constant answer."""
    made = done(Mean(), ca.Dense(32), ca.ReLU(), ca.Dense(16), ca.Dense(4))
    assert made.nothing == pytest.approx(np.log(4), abs=1e-6)  # four of each of four classes
    assert made.left[made.rate] == pytest.approx(1.0, abs=0.01)
    assert len(made.left) == 4 and all(len(course) == 30 and course[-1][0] == 300 for course in made.courses.values())
    lowest = min(loss for course in made.courses.values() for _, loss in course)
    assert made.left[made.rate] == pytest.approx(lowest / made.nothing)


MOONS = moons()
YES = (MOONS[0], MOONS[1][:, None].astype(float))
HEALTHY = {
    "relu": ((ca.Dense(16), ca.ReLU(), ca.Dense(2)), MOONS, "cross_entropy"),
    "batch norm and dropout": (
        (ca.Dense(32), ca.BatchNorm(), ca.ReLU(), ca.Dropout(0.5), ca.Dense(2)), MOONS,
        ca.CrossEntropy(label_smoothing=0.2),
    ),
    "sigmoid": ((ca.Dense(16), ca.Tanh(), ca.Dense(1), ca.Sigmoid()), YES, ca.BinaryCrossEntropy(from_logits=False)),
    "smoothed yes and no": ((ca.Dense(16), ca.GELU(), ca.Dense(1)), YES, ca.BinaryCrossEntropy(label_smoothing=0.2)),
    "squared error": ((ca.Dense(64), ca.Tanh(), ca.Dense(32), ca.Tanh(), ca.Dense(1)), sine(), "squared_error"),
    "absolute error": ((ca.Dense(64), ca.Tanh(), ca.Dense(32), ca.Tanh(), ca.Dense(1)), sine(), "absolute_error"),
    "hinge": ((ca.Dense(16), ca.ReLU(), ca.Dense(1)), (MOONS[0], 2 * YES[1] - 1), "hinge"),
    "one's own": ((ca.Dense(64), ca.Tanh(), ca.Dense(32), ca.Tanh(), ca.Dense(1)), sine(), Quartic()),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_in_order_can(name):
    layers, rows, loss = HEALTHY[name]
    made = done(*layers, rows=rows, loss=loss)
    assert made.learned and made.rows >= 8 and cannot_overfit_one_batch(made) is None


def test_inputs_a_thousand_times_too_large_and_a_rate_that_is_absurd_are_no_hindrance():
    x, y = clouds()
    assert done(
        ca.Dense(16), ca.ReLU(), ca.Dense(4), rows=(1000 * x, y), optimizer=ca.AdamW(1e3, weight_decay=9.0)
    ).learned


def test_pictures_that_are_shifted_at_random_are_learned_as_they_are():
    random = np.random.default_rng(0)
    rows = random.normal(size=(64, 8, 8, 1)).astype(np.float32), random.integers(0, 3, 64)
    layers = (ca.RandomShift(4), ca.Conv2D(8, 3), ca.ReLU(), ca.Flatten(), ca.Dense(3))
    assert done(*layers, rows=rows).learned


def test_of_a_loss_with_the_wrong_sign_errors_are_counted():
    made = done(ca.Dense(16), ca.Tanh(), ca.Dense(1), rows=sine(), loss=Climbing())
    assert made.score and not made.learned and made.left[made.rate] >= 1
    assert "times those of knowing nothing" in cannot_overfit_one_batch(made).sentence


def test_no_more_rows_are_asked_than_there_are_weights_for():
    x, y = np.random.default_rng(0).normal(size=(100, 27)), np.random.default_rng(1).normal(size=(100, 1))
    made = done(ca.Dense(1), rows=(x, y), loss="squared_error")
    assert made.rows == 7 and made.learned  # a plane of 27 dimensions through seven points
    assert done(ca.Dense(1), rows=sine(), loss="squared_error") is None  # a line through two


def test_where_there_is_nothing_to_learn_nothing_is_said():
    x = np.random.default_rng(0).normal(size=(50, 2))
    assert done(ca.Dense(8), ca.ReLU(), ca.Dense(2), rows=(x, np.zeros(50, int))) is None
    assert done(ca.Dense(8), ca.ReLU(), ca.Dense(1), rows=(x, np.ones((50, 1))), loss="squared_error") is None
    assert done(ca.Dense(8), ca.ReLU(), ca.Dense(2), rows=(np.ones((50, 2)), np.arange(50) % 2)) is None


def test_between_the_two_nothing_is_said():
    made = done(*WELL)
    for left, can, cannot in ((0.1, True, False), (0.11, False, False), (0.29, False, False), (0.31, False, True)):
        one = replace(made, left={0.01: left}, courses={0.01: ((10, 1.0),)})
        assert (one.learned, cannot_overfit_one_batch(one) is not None) == (can, cannot)


def test_rows_are_different_weigh_something_and_are_of_every_class():
    x = np.repeat(np.arange(40.0), 2)[:, None]
    y = np.array([0] * 70 + [1] * 8 + [2] * 2)
    few = some_rows(Batch(x, y, None))
    assert len(np.unique(few.x)) == len(few.x) == 16
    assert np.bincount(few.y).tolist() == [11, 4, 1]  # of the rare ones all that there are
    some = some_rows(Batch(x, y, np.where(np.arange(80) < 40, 0.0, 1.0)))
    assert some.x.min() == 20


def test_it_takes_no_longer_than_it_may_and_changes_nothing():
    setup = setup_of(ca.Sequential(ca.Dense(16), ca.Dropout(0.5), ca.Dense(4)), *clouds(), "cross_entropy")
    before = {path: array.copy() for path, array in setup.network.parameters().items()}
    assert one_batch(setup, 1e-3) is None
    one, two = one_batch(setup, TIME), one_batch(setup, TIME)
    assert (one.left, one.courses) == (two.left, two.courses)
    assert all(np.array_equal(before[path], array) for path, array in setup.network.parameters().items())
    assert setup.network[1].rate == 0.5


def test_layers_that_the_optimizer_leaves_as_they_are_stay_so():
    x, y = moons()
    frozen = ca.Adam(0.01, learning_rate_factors={"*": 0.0})
    assert not done(ca.Dense(16), ca.ReLU(), ca.Dense(2), optimizer=frozen, rows=(x, y)).learned


def trained(*layers):
    with pytest.warns(ca.errors.FindingWarning):
        return ca.fit(
            ca.Sequential(*layers), *clouds(), loss="cross_entropy", optimizer=ca.Adam(0.01), epochs=40,
            validation=0.25, engine="numpy", progress=False,
        )  # fmt: skip


def test_a_run_is_told_so_before_the_symptom_that_was_seen():
    run = trained(Misread(), ca.Dense(16), ca.ReLU(), ca.Dense(4))
    (symptom,) = run.findings
    assert symptom.check == "plateau_from_start"  # the verdict of the training itself is as it was
    diagnosis = run.diagnose(budget=TIME)
    assert [each.check for each in diagnosis.findings] == ["cannot_overfit_one_batch"]
    assert diagnosis.findings[0].consequences[0].check == "plateau_from_start"
    assert run.findings == (symptom,) and diagnosis.seconds > 0
    assert run.diagnose(budget=0).findings == run.findings
    with pytest.raises(ca.errors.InputError, match="still holds the rows"):
        run.diagnose(data=clouds())


HARM = Harm("below", "accuracy is 0.3, least squares reaches 0.9, chance 0.25")


def judged(layers, findings, harm=HARM, seconds=TIME):
    setup = setup_of(ca.Sequential(*layers), *clouds(), "cross_entropy", held_out=100)
    return proved(setup, evidence_of(setup), Verdict(tuple(findings), (), harm), Budget(seconds))


BROKEN, WELL = (Mean(), ca.Dense(16), ca.ReLU(), ca.Dense(4)), (ca.Dense(16), ca.ReLU(), ca.Dense(4))


def test_an_undecided_verdict_is_told_what_is_ruled_out():
    unknown = undecided(HARM, [], CHECKS)
    first, second = judged(BROKEN, [unknown])
    assert first.check == "cannot_overfit_one_batch" and second == unknown
    (only,) = judged(WELL, [unknown])
    assert only.check == "not_learning" and only.sentence.startswith(unknown.sentence)
    assert "rules out the network, the loss and the labels" in only.sentence


def test_what_it_is_undecided_between_is_not_said_to_follow_from_it():
    unsure = undecided(HARM, [finding("clip", check="exploding_gradient")], CHECKS)
    assert "undecided between exploding_gradient" in told(unsure) and "follows from it" not in told(unsure)


def test_after_a_fix_that_did_not_help_it_comes_first():
    tried = replace(finding("clip", check="exploding_gradient", norm=1e9), confidence=0.6)
    assert [each.check for each in judged(BROKEN, [tried], seconds=3.0)] == [
        "cannot_overfit_one_batch", "exploding_gradient",
    ]  # fmt: skip
    assert [each.check for each in judged(WELL, [tried], seconds=3.0)] == ["exploding_gradient"]


def test_without_harm_with_a_certain_mistake_or_a_cause_that_is_not_refuted_nothing_is_tried():
    person = replace(finding("", check="gradient_wrong"), fix=Fix("", "correct it"))
    assert judged(BROKEN, [person]) == (person,)
    assert judged(BROKEN, [undecided(HARM, [], CHECKS)], harm=Harm("", ""))[0].check == "not_learning"
    certain = finding("", check="softmax_one_unit")
    assert judged(BROKEN, [certain]) == (certain,)


def test_xla_does_the_same(monkeypatch):
    pytest.importorskip("jax")
    module = __import__("cutaway.diagnosis.cannot_overfit_one_batch", fromlist=["engines"])
    setup = setup_of(ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(4)), *clouds(), "cross_entropy")
    ours = one_batch(setup, TIME)
    monkeypatch.setattr(module, "engines", lambda setup: ["xla"])
    theirs = one_batch(setup, TIME)
    assert theirs.learned and ours.left.keys() == theirs.left.keys()
    assert np.allclose(list(ours.left.values()), list(theirs.left.values()), rtol=0.01)
