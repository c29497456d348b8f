"""What is harm where simple methods can be tried, where none can, and where nothing can be judged."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from benchmarks.diagnosis.sets import parts_of
from cutaway.diagnosis.harm import fair, harm, tells
from cutaway.diagnosis.reached import References
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import evidence_of, stack


@pytest.fixture
def random():
    return np.random.default_rng(0)


def tokens(random, count=300, places=12, classes=8):
    """Return sequences in which each token follows from the one before, and what comes next at each place."""
    text = [random.integers(0, classes, count)]
    for _ in range(places):
        text.append((3 * text[-1] + 1) % classes)
    whole = np.stack(text, axis=1).astype(np.int32)
    return whole[:, :-1], whole[:, 1:]


def words(random, optimizer, epochs=30, shuffled=False):
    x, y = tokens(random)
    y = random.permuted(y, axis=0) if shuffled else y
    return evidence_of(ca.Sequential(ca.Embedding(8, 16), ca.Dense(8)), (x, y), optimizer, epochs=epochs)


def test_tokens_that_are_learned_are_well(random):
    evidence = words(random, ca.Adam(0.01))
    assert not evidence.references.simple and evidence.outcome.score > 0.9
    assert harm(evidence).sentence == "" and not verdict(evidence).findings


def test_tokens_of_which_nothing_is_learned_are_harm(random):
    for evidence in (words(random, ca.GradientDescent(1e-6)), words(random, ca.Adam(0.01), shuffled=True)):
        found = harm(evidence)
        assert found.kind == "below" and "no better than that of one who knows nothing" in found.sentence
        assert verdict(evidence).findings


def test_after_few_steps_nothing_can_be_judged(random):
    found = harm(words(random, ca.GradientDescent(1e-6), epochs=3))
    assert not found and found.sentence.startswith("cannot be judged: accuracy")
    assert "no simple method to compare it with" in found.sentence


def test_answers_that_are_surely_below_chance_are_harm(random):
    """Whatever simple methods reach: always to answer the commonest class would be better."""
    x = random.normal(0, 1, (240, 3)).astype(np.float32)
    evidence = evidence_of(stack(8), (x, (random.random(240) < 0.4).astype(int)), ca.GradientDescent(1e-6), epochs=20)
    known = replace(evidence.references, chance=0.6, linear=0.62, neighbour=0.6, kernel=None, error=0.04, unrelated=0.4)
    for score, kind in ((0.3, "below"), (0.55, "")):
        outcome = replace(evidence.outcome, validation_score=score, error=0.06, chance_error=0.05)
        found = harm(replace(evidence, references=known, outcome=outcome))
        assert found.kind == kind
    assert (
        "always to answer the commonest class has 0.600"
        in harm(replace(evidence, references=known, outcome=replace(outcome, validation_score=0.3))).sentence
    )


def test_of_one_common_class_probabilities_count(random):
    """Nine of ten tokens are the same whatever came before: the answer is the same, its probability is learned."""
    x = random.integers(0, 4, (300, 10)).astype(np.int32)
    y = np.where(random.random(x.shape) < np.array([0.02, 0.02, 0.02, 0.35])[x], 1, 0).astype(np.int32)
    evidence = evidence_of(ca.Sequential(ca.Embedding(4, 8), ca.Dense(2)), (x, y), ca.Adam(0.02), epochs=40)
    assert evidence.outcome.score - evidence.outcome.constant <= 2 * evidence.outcome.constant_error
    assert min(record.loss for record in evidence.history) < 0.9 * evidence.output.expected
    assert not harm(evidence) and harm(evidence).sentence.startswith("cannot be judged")


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_a_table_that_tells_nothing_is_not_called_well(random, task):
    x = random.normal(size=(400, 5))
    y = random.integers(0, 2, 400) if task == "classes" else random.normal(size=(400, 1))
    evidence = evidence_of(stack(16, out=2 if task == "classes" else 1), (x, y), ca.Adam(3e-3))
    found = harm(evidence)
    assert not found and "nor are simple methods" in found.sentence
    assert f"{'accuracy' if task == 'classes' else 'R²'} " in found.sentence


def test_an_autoencoder_is_compared_with_chance_alone(random):
    hidden = random.normal(size=(400, 2))
    x = hidden @ random.normal(size=(2, 8)) + 0.3 * random.normal(size=(400, 8))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    evidence = evidence_of(ca.Sequential(ca.Dense(2), ca.Dense(8)), (x, x), ca.Adam(0.01), epochs=60)
    assert not evidence.references.simple and 0.5 < evidence.outcome.validation_score < 0.99
    assert not harm(evidence) and harm(evidence).sentence == ""
    assert "not_learning" not in [finding.check for finding in verdict(evidence).findings]


def test_a_shortfall_is_weighed_by_the_rows_in_which_the_two_differ(random):
    x = random.normal(size=(400, 6))
    y = (x @ random.normal(size=6) + 0.5 * random.normal(size=400) > 0).astype(int)
    evidence = evidence_of(stack(16), (x, y), ca.Adam(3e-3))
    known, outcome = evidence.references, evidence.outcome
    assert known.judged == 100 and 0 < outcome.error < known.error
    below = replace(outcome, validation_score=known.best - 0.09)
    assert harm(replace(evidence, outcome=replace(below, error=0.02))).kind == "below"
    assert not harm(replace(evidence, outcome=replace(below, error=0.033)))
    # Where rows learned from are answered as badly, less is needed.
    twice = replace(below, error=0.033, score=known.best - 0.09)
    assert harm(replace(evidence, outcome=twice)).kind == "below"
    # What is not known row by row errs by both scores.
    assert not harm(replace(evidence, outcome=replace(below, error=None), references=replace(known, error=0.05)))
    assert harm(replace(evidence, outcome=replace(below, error=None), references=replace(known, error=0.04)))


def test_noisy_numbers_of_few_rows_are_no_harm():
    """Ten features, half of the variance noise, 220 rows: the sets on which a network is a little worse by nature."""
    for seed in range(3):
        random = np.random.default_rng(seed)
        x = random.normal(size=(310, 10))
        y = (x @ random.normal(size=10) / 3 + random.normal(size=310))[:, None]
        evidence = evidence_of(stack(32, 32, out=1), (x / 1.0, y / y.std()), ca.Adam(3e-3), epochs=60)
        assert not verdict(evidence).findings


def test_a_few_rows_that_are_known_by_heart(random):
    x = random.normal(size=(424, 8))
    y = (x @ random.normal(size=8) / 2 + random.normal(size=424))[:, None]
    few, apart = (x[:24], y[:24]), (x[24:], y[24:])
    evidence = evidence_of(stack(128, 128, out=1), few, ca.Adam(3e-3), epochs=200, validation=apart)
    found = verdict(evidence)
    assert found.harm.kind == "by heart" and "24 rows learned from" in found.harm.sentence
    assert found.findings[0].check == "overfit"
    # More rows, or fewer weights, are none: then simple methods can show it.
    assert not harm(replace(evidence, inputs=replace(evidence.inputs, rows=40)))
    assert not harm(replace(evidence, layers=evidence.layers[-1:]))
    close = replace(evidence.outcome, score=evidence.outcome.validation_score + 0.04)
    assert not harm(replace(evidence, outcome=close))


def test_each_simple_method_has_its_own_share_to_spare():
    known = References(chance=0.5, linear=0.7, neighbour=0.5, kernel=0.5, error=0.01)
    assert fair(known) == pytest.approx(0.68)  # a tenth of what least squares gains
    assert fair(replace(known, kernel=0.9)) == pytest.approx(0.8)  # a quarter
    assert fair(replace(known, kernel=0.9), foreseen=True) == pytest.approx(0.86)
    assert fair(replace(known, neighbour=0.9)) == pytest.approx(0.7)  # half
    assert fair(replace(known, neighbour=0.9, kernel=0.94)) == pytest.approx(0.86)  # a tenth of what both gain
    assert fair(replace(known, neighbour=0.9, kernel=None)) == pytest.approx(0.86)  # there is no other to ask
    assert fair(replace(known, kernel=0.72, neighbour=0.71)) == pytest.approx(0.689)
    assert not replace(known, linear=0.5, kernel=None).simple and replace(known, linear=0.5, kernel=0.9).simple


def test_where_rows_belong_together_the_nearest_one_is_no_yardstick():
    """It is most often of the same site, and knows its kind; a network that learns what features tell is well."""
    (x, y), (new, wanted) = (getattr(parts_of("sites", 0), name) for name in ("learned", "watched"))
    network = stack(16, out=len(np.unique(y)))
    evidence = evidence_of(network, (x, y), ca.Adam(0.01), epochs=1, validation=(new, wanted))
    known = evidence.references
    assert known.neighbour > 0.9 > known.kernel > known.linear
    learned = replace(evidence, outcome=replace(evidence.outcome, validation_score=0.78, error=0.02))  # as most reach
    assert not harm(learned)
    found = harm(replace(learned, references=replace(known, kernel=known.neighbour)))
    assert found.kind == "below" and "0.780" in found.sentence


def test_a_small_gain_of_simple_methods_counts_where_targets_surely_have_to_do_with_inputs():
    known = References(chance=0.5, linear=0.6, neighbour=0.5, error=0.04, unrelated=1e-4)  # 2.5 errors
    assert tells(known) and tells(replace(known, linear=0.63, unrelated=0.3))
    assert not tells(replace(known, unrelated=0.002)) and not tells(replace(known, linear=0.57))
    assert not tells(replace(known, linear=0.5, error=0.0))


def faint(random):
    """Return rows that tell a little of two classes."""
    x = random.normal(0, 1, (240, 3)).astype(np.float32)
    return x, (x[:, 0] + 2 * random.standard_normal(240) > 0).astype(int)


def test_below_a_small_gain_a_training_is_hurt_only_where_it_is_sure(random):
    x, y = faint(random)
    evidence = evidence_of(stack(8), (x, y), ca.GradientDescent(1e-6), epochs=20)
    score = evidence.outcome.validation_score
    known = replace(
        evidence.references,
        chance=score,
        linear=score + 0.1,
        neighbour=score,
        kernel=None,
        error=0.04,
        unrelated=1e-4,
        own=None,
    )
    outcome = replace(evidence.outcome, error=0.03, chance_error=0.03)
    hurt = replace(evidence, references=known, outcome=outcome)
    assert harm(hurt).kind == "below"
    assert not harm(replace(hurt, references=replace(known, unrelated=0.01)))


def test_rows_of_which_nothing_is_learned_are_harm_where_targets_surely_have_to_do_with_inputs(random):
    """However little simple methods gain: a network that knows nothing of its own rows has learned nothing."""
    x, y = faint(random)
    evidence = evidence_of(stack(8), (x, y), ca.GradientDescent(1e-6), epochs=60)
    score = evidence.outcome.validation_score
    known = replace(
        evidence.references, chance=score, linear=score + 0.01, neighbour=score, kernel=None, unrelated=1e-4, own=None
    )
    stuck = replace(evidence, references=known)
    assert harm(stuck).kind == "below" and "no better than that of one who knows nothing" in harm(stuck).sentence
    assert not harm(replace(stuck, references=replace(known, unrelated=0.01)))
    learned = evidence_of(stack(8), (x, y), ca.Adam(0.01), epochs=60)
    assert not harm(replace(learned, references=replace(known, chance=learned.outcome.validation_score)))


def test_rows_learned_from_are_a_witness_where_those_held_out_are_too_few(random):
    x = random.normal(size=(500, 6)).astype(np.float32)
    y = (x @ random.normal(size=6) + 0.5 * random.normal(size=500) > 0).astype(int)
    learned, few = (x[:460], y[:460]), (x[460:], y[460:])
    evidence = evidence_of(stack(16), learned, ca.Adam(3e-3), validation=few)
    outcome, known, own = evidence.outcome, evidence.references, evidence.references.own
    assert not harm(evidence) and outcome.own > 0.85 and own.judged == 460 and known.judged == 40
    # Below on rows held out, but within their error: the rows learned from decide.
    unsure = replace(outcome, validation_score=fair(known) - 0.01, error=0.05)
    assert not harm(replace(evidence, outcome=unsure))
    found = harm(replace(evidence, outcome=replace(unsure, own=own.best - 0.1, own_error=0.02)))
    assert found.kind == "below" and "on rows that were learned from" in found.sentence
    # Not where it is unsure there as well, or rows held out are answered well.
    doubtful = replace(known, own=replace(own, error=0.06))
    worse = replace(unsure, own=own.best - 0.1, own_error=0.06)
    assert not harm(replace(evidence, outcome=worse, references=doubtful))
    assert not harm(replace(evidence, outcome=replace(outcome, own=own.best - 0.1, own_error=0.02)))


def test_training_rows_that_belong_together_are_no_witness(random):
    """Left out, a row is told by the others of its site; on rows of other sites that is worth nothing."""
    x = random.normal(size=(500, 6)).astype(np.float32)
    y = (x @ random.normal(size=6) + 0.5 * random.normal(size=500) > 0).astype(int)
    evidence = evidence_of(stack(16), (x, y), ca.Adam(3e-3), epochs=5)
    outcome, known = evidence.outcome, evidence.references
    own = replace(known.own, linear=0.72, neighbour=1.0, kernel=0.99)
    known = replace(known, linear=0.74, neighbour=0.66, kernel=0.63, error=0.02, marks=(), own=own)
    early = replace(outcome, validation_score=0.715, error=None, own=0.85, own_error=0.02)
    assert not harm(replace(evidence, references=known, outcome=early))
    both = replace(known, neighbour=0.98, kernel=0.97, error=0.04)
    found = harm(replace(evidence, references=both, outcome=replace(early, validation_score=0.92)))
    assert found and "on rows that were learned from" in found.sentence


def test_each_row_learned_from_is_asked_where_they_are_more_than_simple_methods_learn_from(random):
    x = random.normal(size=(1500, 4)).astype(np.float32)
    y = (x @ random.normal(size=4) + 0.5 * random.normal(size=1500) > 0).astype(int)
    evidence = evidence_of(stack(16), (x[:1300], y[:1300]), ca.Adam(3e-3), epochs=10, validation=(x[1300:], y[1300:]))
    marks, outcome = np.array(evidence.references.own.marks), evidence.outcome
    assert len(marks) == 434  # every third
    # The network and simple methods err on the same rows: their difference has a smaller error than either score.
    assert outcome.own == pytest.approx(marks.mean(), abs=0.03)
    assert outcome.own_error < np.sqrt(2 * marks.var() / len(marks)) * 0.9


def test_of_a_few_rows_answered_rightly_it_is_said_that_they_are_few():
    random = np.random.default_rng(0)
    labels = random.permutation(40) % 2
    x = random.normal(6 * labels[:, None] - 3, 1.0, (40, 2))
    network = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(2))
    run = ca.fit(
        network, x, labels, loss="cross_entropy", optimizer=ca.Adam(1e-2), epochs=60, validation=0.1, engine="numpy"
    )
    assert not run.findings
    assert run.verdict.harm.sentence == (
        "cannot be judged: accuracy 1.000 on rows held out may be chance (0.500 ± 0.5): 4 rows are too few to tell"
    )
