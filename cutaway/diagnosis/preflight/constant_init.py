"""Units that start alike stay alike: they get the same blame, and a wide layer learns no more than a narrow one."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED
from cutaway.records import Finding, Fix


@check(
    certain=True,
    explains=("init_scale", "no_nonlinearity", "learning_rate_too_high", "learning_rate_too_low", *NOTHING_LEARNED),
)
def constant_init(evidence: Evidence) -> Finding | None:
    """Find a hidden layer whose units have twins: the same weights and the same gradient, so that nothing parts them.

    Equal weights alone are no fault: a last layer may start at zero, since its units have different targets, and units
    that different weights follow are blamed differently. The last layer with weights is not looked at.
    """
    learning = [layer for layer in evidence.layers if any(len(each.shape) > 1 for each in layer.parameters)]
    for layer in learning[:-1]:
        for parameter in layer.parameters:
            if parameter.alike > at.TWINS:
                return Finding(
                    check="constant_init",
                    sentence=f"{parameter.alike:.0%} of the units start with the same weights as another and get the "
                    "same gradient: they stay alike for ever",
                    quantity="share of the units that have a twin",
                    measured=parameter.alike,
                    normal=(None, 0.0),
                    layer=layer.path,
                    fix=Fix(
                        "initialise",
                        "start from random weights, of a size that suits the layer (He's)",
                        f"ca.Dense({layer.units}, initializer=ca.He())",
                    ),
                    confidence=0.95,
                )
    return None
