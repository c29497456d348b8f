"""A learning rate that is too high is found with every optimizer; other causes of a high loss are not called that."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.course import looks
from cutaway.diagnosis.training.learning_rate_too_high import learning_rate_too_high
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import evidence_of, moons, sine, stack


@pytest.mark.parametrize("optimizer", [ca.Adam(1.0), ca.GradientDescent(30.0), ca.Momentum(3.0), ca.RMSProp(1.0)])
@pytest.mark.parametrize("act", [ca.ReLU, ca.Tanh])
def test_it_is_the_first_cause(optimizer, act):
    evidence = evidence_of(stack(16, 16, act=act), moons(), optimizer)
    finding = learning_rate_too_high(evidence)
    assert finding is not None and finding.fix.settings["factor"] < 1
    judged = verdict(evidence)
    assert judged.harm and judged.findings[0].check == "learning_rate_too_high"


@pytest.mark.parametrize("optimizer", [ca.Adam(50.0), ca.Adam(1e4), ca.GradientDescent(1e4)])
def test_what_it_says_of_a_rate_far_too_high_is_a_rate_that_learns(optimizer):
    before = evidence_of(stack(16, 16), moons(), optimizer)
    factor = learning_rate_too_high(before).fix.settings["factor"]
    kind, rate = type(optimizer), optimizer.learning_rate(0.0)
    after = evidence_of(stack(16, 16), moons(), kind(factor * rate))
    assert learning_rate_too_high(after) is None
    assert after.network_vitals[-1].validation_score > 0.9


def test_a_training_that_overflows():
    x, y = sine()
    evidence = evidence_of(stack(32, 32, out=1), (x, 5 * y), ca.GradientDescent(20.0))
    assert any(event.what == "not finite" for event in evidence.events)
    first = verdict(evidence).findings[0]
    assert first.check == "learning_rate_too_high"
    assert "non_finite" in [each.check for each in first.consequences]


@pytest.mark.parametrize("optimizer", [ca.Adam(0.01), ca.GradientDescent(0.1), ca.Momentum(0.02)])
def test_good_rates_are_left_alone(optimizer):
    assert learning_rate_too_high(evidence_of(stack(16, 16), moons(), optimizer)) is None


def test_a_rate_three_times_as_high_as_is_usual_that_learns():
    assert not verdict(evidence_of(stack(16, 16), moons(), ca.Adam(0.03))).findings


def test_a_start_that_is_rough_and_ends_with_its_rows_learned_is_well():
    """Twelve rows, all of them a step: the first steps throw the loss up, and it comes down to nothing."""
    evidence = evidence_of(
        stack(32, 32, out=1), sine(12), ca.Adam(0.05), epochs=300, batch_size=None, validation=sine(100, seed=1)
    )
    assert evidence.network_vitals[-1].score > 0.95
    assert learning_rate_too_high(evidence) is None


def test_weights_that_start_too_large_are_not_the_rate():
    evidence = evidence_of(stack(10, 10, 10, 10, start=ca.Normal(3.0)), moons(), ca.Adam(1e-3))
    assert evidence.output.loss > 10
    assert learning_rate_too_high(evidence) is None


def test_what_a_step_keeps_of_its_promise_is_that_of_a_parabola():
    """For L = mean (w x − y)² by hand: the gain over g·Δ is 1 − ½ Δᵀ H Δ / g·Δ = 1 − rate · H / 2."""
    x = np.linspace(-1, 1, 64)[:, None]
    hessian = 2 * float(np.mean(x**2))
    for rate in (0.1, 1.0, 4.0):
        net = ca.Sequential(ca.Dense(1, bias=False))
        evidence = evidence_of(net, (x, 3 * x), ca.GradientDescent(rate), epochs=3, batch_size=64, validation=None)
        look = looks(evidence)[0]
        assert look.kept_promise == pytest.approx(1 - rate * hessian / 2, abs=1e-3)
        assert look.far_promise == pytest.approx(1 - 10 * rate * hessian / 2, abs=1e-3)


RATES = [ca.GradientDescent(5.0), ca.GradientDescent(100.0), ca.Momentum(1.0), ca.Adam(1.0), ca.Adam(10.0)]


@pytest.mark.parametrize("task", ["numbers", "classes", "yes and no"])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("raw", [False, True])
def test_rates_beyond_use_come_first_whatever_else_is_odd(task, norm, raw):
    """Scaled inputs would not help; and a high first loss, dead units or squared error of classes are not the cause."""
    random = np.random.default_rng(0)
    x = random.standard_normal((300, 3))
    y = np.sin(2 * x[:, 0]) + x[:, 1]
    x = x * [1, 30, 0.3] + [0, 400, 1] if raw else 4 * x
    told = {"numbers": 20 * y + 100 if raw else y, "classes": np.digitize(y, [-0.6, 0.6])}
    told["yes and no"] = np.eye(3)[told["classes"]]
    for rate in RATES:
        net = stack(12, 12, out=1 if task == "numbers" else 3, norm=norm)
        evidence = evidence_of(net, (x, told[task]), rate, epochs=15)
        found = verdict(evidence)
        # What was undone in time, and delivers a good network, is no finding.
        assert not found.harm or found.findings[0].check == "learning_rate_too_high", (rate, found.findings)
        assert found.harm or learning_rate_too_high(evidence) is None or found.notes


def test_a_usual_rate_on_raw_inputs_is_not_the_cause():
    x, y = moons()
    found = verdict(evidence_of(stack(16, 16), (300 * x + 1000, y), ca.GradientDescent(0.5)))
    assert found.harm and found.findings[0].check == "inputs_unscaled"
