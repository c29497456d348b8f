"""Draw first weights anew that keep the signal alive: He's below ReLU and its kin, Glorot's elsewhere."""

from __future__ import annotations

from cutaway.diagnosis.alteration import Alteration
from cutaway.diagnosis.evidence import Evidence, ParameterFacts
from cutaway.diagnosis.layer_facts import RECTIFIERS
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Glorot, He
from cutaway.records import Finding

# Layers whose weights mean something by their size: they are not sums.
NOT_SUMS = ("Embedding", "ColumnEmbedding", "PeriodicEmbedding", "LearnedPositions", "MemberScale", "Unembedding")
# Deviations between these multiples of the wanted one are left alone.
LOWEST, HIGHEST = 0.5, 2.0
# A bias farther from 0 than this is none to start from.
LARGEST_BIAS = 1.0


def initialise(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with new first weights in the finding's layer, and in every other whose weights are off.

    Off are weights of less than half or more than twice the deviation that keeps a signal alive, those of units that
    are alike, and large biases. None where no layer's are.
    """
    alteration = Alteration(setup)
    changed = False
    for facts in evidence.layers:
        layer = alteration.layers.get(facts.path)
        matrices = [each for each in facts.parameters if each.wanted]
        if layer is None or facts.kind in NOT_SUMS or not matrices:
            continue
        bias = [each for each in facts.parameters if not each.wanted and abs(each.mean) + each.std > LARGEST_BIAS]
        if facts.path != finding.layer and not bias and not any(_off(each) for each in matrices):
            continue
        follower = next((each for each in evidence.layers if each.follows == facts.path), None)
        alteration.anew(layer, He() if follower is not None and follower.kind in RECTIFIERS else Glorot())
        changed = True
    return alteration.done() if changed else None


def any_off(evidence: Evidence) -> bool:
    """Return whether there is a layer of sums whose weights this draws anew, without being told which."""
    matrices = [
        each for layer in evidence.layers if layer.kind not in NOT_SUMS for each in layer.parameters if each.wanted
    ]
    return any(_off(each) for each in matrices)


def _off(facts: ParameterFacts) -> bool:
    return not LOWEST * facts.wanted <= facts.std <= HIGHEST * facts.wanted or facts.alike > 0
