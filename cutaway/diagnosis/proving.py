"""Proving: the suspected causes are tried one after another, and what was shown to help comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.cannot_overfit_one_batch import cannot_overfit_one_batch, one_batch, seconds_of_one_batch
from cutaway.diagnosis.checks import BY_NAME
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.experiment import Experiments
from cutaway.diagnosis.fixes import FIXES
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.trial import alone
from cutaway.diagnosis.verdict import Verdict, named
from cutaway.records import Finding, Fix
from cutaway.training.bystander import passed_over

# Beyond so many causes none is tried: each would have too little of the budget.
MOST_TRIED = 4
# What is seen where a network cannot learn, whatever the cause.
SYMPTOMS = ("collapsed_output", "plateau_from_start")
# The share of the budget that is kept to learn a batch by heart, if that takes no more.
RESERVED = 0.5

# Causes in how signals, gradients and steps fare, for which there are several remedies.
SEVERAL = (
    "init_scale", "learning_rate_too_high", "exploding_gradient", "non_finite", "saturated", "dead_relu",
    "vanishing_gradient", "learning_rate_too_low", "oscillation", "late_plateau", "not_enough_epochs",
)  # fmt: skip
# What else can be done about such a cause, where the first fix does not help; by its action.
OTHERWISE = {
    "insert_activation": (Fix("batch_norm", "normalise between the layers: BatchNorm", "ca.BatchNorm()"),),
    "leaky": (
        Fix("learning_rate", "lower the learning rate", "", {"factor": 0.1}),
        Fix("batch_norm", "normalise between the layers: BatchNorm", "ca.BatchNorm()"),
    ),
    "initialise": (
        Fix("batch_norm", "normalise between the layers: BatchNorm", "ca.BatchNorm()"),
        Fix("leaky", "let negative sums through a little", "ca.LeakyReLU()"),
    ),
    "clip": (
        Fix("learning_rate", "lower the learning rate", "", {"factor": 0.1}),
        Fix("initialise", "draw the first weights anew", "ca.He()"),
    ),
    "batch_norm": (Fix("initialise", "draw the first weights anew", "ca.He()"),),
    "batch_size": (Fix("learning_rate", "lower the learning rate", "", {"factor": 0.1}),),
    "epochs": (Fix("learning_rate", "raise the learning rate", "", {"factor": 10.0}),),
}


def alternatives(finding: Finding) -> list[Finding]:
    """Return the finding with each of the other fixes there are for its cause.

    >>> finding = Finding("dead_relu", "", "", 1.0, (None, None), fix=Fix("leaky", ""))
    >>> [each.fix.action for each in alternatives(finding)]
    ['learning_rate', 'batch_norm']
    """
    if finding.fix is None or finding.check not in SEVERAL:
        return []
    return [replace(finding, fix=fix, proof=None) for fix in OTHERWISE.get(finding.fix.action, ())]


def proved(setup: Setup, evidence: Evidence, found: Verdict, budget: Budget) -> tuple[Finding, ...]:
    """Return the findings of a verdict with what experiments made of their fixes, ranked anew.

    budget    for all experiments together

    Where the verdict is undecided, what it is undecided between is tried, and what helps is a finding of its own. Where
    nothing helps, the other fixes of those causes are tried, and then a few rows are to be learned by heart.
    """
    with budget.running():
        suspects, kept = candidates(found.findings), _to_keep(setup, found, budget)
        if not suspects:
            return by_heart(setup, found, found.findings, budget)
        others = sum(len(_untaken(each, suspects)) for each in suspects)
        experiments = Experiments(setup, evidence, budget, len(suspects), others, kept)
        tried = [experiments.tried(finding) for finding in suspects]
        if others and not any(each.proof is not None and each.proof.helps for each in tried):
            experiments.go_on()
            tried = [_otherwise(each, tried, experiments) for each in tried]
        return by_heart(setup, found, ranked(found.findings, tried), budget)


def _to_keep(setup: Setup, found: Verdict, budget: Budget) -> float:
    """Return the seconds that learning a batch by heart should take; 0 where it is not called for, or too long."""
    if not found.harm:
        return 0.0
    try:
        seconds = seconds_of_one_batch(alone(setup))
    except Exception as fault:  # of a layer of one's own, that takes other batches only
        passed_over(fault)
        return 0.0
    return seconds if seconds is not None and seconds <= RESERVED * budget.left else 0.0


def by_heart(setup: Setup, found: Verdict, findings: tuple[Finding, ...], budget: Budget) -> tuple[Finding, ...]:
    """Return the findings with what a batch that is to be learned by heart says of them.

    Only where there is harm, and the first finding is undecided, or no more than a symptom, or its fix was tried and
    did not help; not of a mistake that is certain. Where the batch cannot be learned, that is the first finding, and
    a symptom follows from it; where it can, the undecided one says what is ruled out.
    """
    first = findings[0] if findings else None
    if first is None or not found.harm or not (first.check in ("not_learning", *SYMPTOMS) or _refuted(first)):
        return findings
    try:
        done = one_batch(alone(setup), budget)
    except Exception as fault:  # of a layer of one's own, that takes other batches only
        passed_over(fault)
        done = None
    if done is None:
        return findings
    cannot = cannot_overfit_one_batch(done)
    if cannot is not None and first.check in SYMPTOMS:
        follows = (replace(first, consequences=()), *first.consequences)
        return (replace(cannot, consequences=follows), *findings[1:])
    if cannot is not None:
        return (cannot, *findings)
    if first.check != "not_learning" or not done.learned:
        return findings
    can = f"; {done.rows} rows can be learned by heart ({done}), which rules out the network, the loss and the labels"
    return (replace(first, sentence=first.sentence + can), *findings[1:])


def _untaken(finding: Finding, tried: Sequence[Finding]) -> list[Finding]:
    """Return the finding with each other fix for its cause that is no other finding's own."""
    taken = {each.fix.action for each in tried if each.fix is not None}
    return [each for each in alternatives(finding) if each.fix is not None and each.fix.action not in taken]


def _otherwise(finding: Finding, tried: Sequence[Finding], experiments: Experiments) -> Finding:
    """Return the finding with the first other fix that helps, where its own does not; no other finding's fix."""
    for other in _untaken(finding, tried) if finding.proof is not None else ():
        better = experiments.tried(other)
        if better.proof is not None and better.proof.helps:
            return better
    return finding


def candidates(findings: Sequence[Finding]) -> list[Finding]:
    """Return the causes that an experiment can be made with, in causal order."""
    return [each for each in named(findings) if each.fix is not None and each.fix.action in FIXES][:MOST_TRIED]


def ranked(findings: Sequence[Finding], tried: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with their proofs, those whose fix was shown not to help last, if that of another helps.

    What is a mistake whatever a training makes of it keeps its place: another one may hide what its fix is worth.

    >>> from cutaway.records import Proof
    >>> one, two = (Finding(name, "", "", 1.0, (None, None), confidence=0.7) for name in ("dead_relu", "saturated"))
    >>> no, yes = Proof((0.5,), (0.5,), 100, 1.0, False), Proof((0.5,), (0.9,), 100, 1.0, True)
    >>> [each.check for each in ranked([one, two], [replace(one, proof=no), replace(two, proof=yes)])]
    ['saturated', 'dead_relu']
    """
    proofs = {each.check: _weighed(each) for each in tried}
    helpful = any(each.proof is not None and each.proof.helps for each in proofs.values())
    listed: list[Finding] = []
    for finding in findings:
        if finding.check == "not_learning":
            suspected = tuple(proofs.get(each.check, each) for each in finding.consequences)
            proven = [each for each in suspected if each.proof is not None and each.proof.helps]
            listed += proven or [replace(finding, consequences=suspected)]
        else:
            listed.append(proofs.get(finding.check, finding))
    if not helpful:
        return tuple(listed)
    return tuple(sorted(listed, key=_refuted))


def _refuted(finding: Finding) -> bool:
    certain = finding.check in BY_NAME and BY_NAME[finding.check].certain
    return finding.proof is not None and not finding.proof.helps and not certain


def _weighed(finding: Finding) -> Finding:
    """Return the finding, likelier where its fix was shown to help."""
    if finding.proof is not None and finding.proof.helps:
        return replace(finding, confidence=max(finding.confidence, at.PROVEN))
    return finding
