"""Rules of other tools, re-implemented on our records: not the tools themselves, and not all that they do.

Each reads the same vitals as our checks, at the same few moments, with the thresholds that its authors publish, and
answers in the names of our findings, in the order in which its own rules stand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from cutaway.diagnosis.evidence import Evidence
from cutaway.records import LayerVitals

Rule = Callable[[Evidence], list[str]]

BENT = ("ReLU", "LeakyReLU", "ELU", "GELU", "Tanh", "Sigmoid", "SiLU", "Softplus", "SELU")


def _gradients(evidence: Evidence) -> list[list[float]]:
    """Return for each look the gradient norms of the layers that have any, the first layer first."""
    return [[vitals.gradient_norm for vitals in look if vitals.gradient_norm is not None] for look in _looks(evidence)]


def _looks(evidence: Evidence) -> list[list[LayerVitals]]:
    steps = sorted({vitals.step for vitals in evidence.layer_vitals})
    return [[vitals for vitals in evidence.layer_vitals if vitals.step == step] for step in steps]


def _broken(evidence: Evidence) -> bool:
    numbers = [record.loss for record in evidence.history] + [vitals.loss for vitals in evidence.network_vitals]
    return any(event.what == "not finite" for event in evidence.events) or not all(map(math.isfinite, numbers))


def _weights(evidence: Evidence) -> list[tuple[float, float]]:
    """Return for each matrix its deviation at the start and the deviation that keeps a signal alive."""
    return [
        (parameter.std, parameter.wanted)
        for layer in evidence.layers for parameter in layer.parameters if parameter.wanted > 0
    ]  # fmt: skip


def autotrainer(evidence: Evidence) -> list[str]:
    """AutoTrainer's five problems, each at any look after the start.

    vanishing   gradient of the first layer over the last < 1e-3;  exploding   a gradient 70 × the one above it
    dying ReLU  more than 70 % of a layer silent;                  oscillating loss; slow convergence: score < +0.01

    Reference: Zhang, Zhai, Ma, Shen, "AutoTrainer", ICSE 2021.
    """
    found: list[str] = []
    looks = _looks(evidence)[1:]
    grads = [look for look in _gradients(evidence)[1:] if len(look) > 1]
    if _broken(evidence) or any(
        after > 0 and before / after > 70 for look in grads for before, after in itertools.pairwise(look)
    ):
        found.append("exploding_gradient")
    if any(look[-1] > 0 and look[0] / look[-1] < 1e-3 for look in grads):
        found.append("vanishing_gradient")
    if any(vitals.kind == "ReLU" and vitals.silent > 0.7 for look in looks for vitals in look):
        found.append("dead_relu")
    losses = [record.loss for record in evidence.history]
    if len(losses) > 4:
        turns = sum((b - a) * (c - b) < 0 for a, b, c in zip(losses, losses[1:], losses[2:], strict=False))
        if turns / (len(losses) - 2) > 0.5 and losses[-1] > 0.9 * losses[0]:
            found.append("oscillation")
    scores = [vitals.score for vitals in evidence.network_vitals]
    if len(scores) > 1 and scores[-1] - scores[0] < 0.01:
        found.append("learning_rate_too_low")
    return found


def autotrainer_gated(evidence: Evidence) -> list[str]:
    """AutoTrainer's, asked only where the training score ends below its θ = 0.6."""
    scores = [vitals.score for vitals in evidence.network_vitals]
    return autotrainer(evidence) if scores and (scores[-1] < 0.6 or _broken(evidence)) else []


def deepdiagnosis(evidence: Evidence) -> list[str]:
    """DeepDiagnosis's symptoms: inputs outside [−1, 1], numerical errors, dead and saturated units, no progress.

    data        any |x| > 1;   dead  > 70 % of a layer's units silent;   saturated  > half of the outputs at an end
    vanishing   a mean gradient below 1e-7;   unchanged  a layer that does not move;   no progress  of loss and score

    Reference: Wardat, Cruz, Le, Rajan, "DeepDiagnosis", ICSE 2022.
    """
    found: list[str] = []
    looks = _looks(evidence)
    if evidence.inputs.largest > 1 and not evidence.inputs.whole:
        found.append("inputs_unscaled")
    if _broken(evidence):
        found.append("non_finite")
    vitals = [each for look in looks[1:] for each in look]
    if any(each.kind == "ReLU" and each.silent > 0.7 for each in vitals):
        found.append("dead_relu")
    if any(each.saturated is not None and each.saturated > 0.5 for each in vitals):
        found.append("saturated")
    if any(each.update_ratio == 0 for each in vitals):
        found.append("frozen_weights")
    if any(each.update_ratio is not None and each.update_ratio > 0.1 for each in vitals):
        found.append("learning_rate_too_high")
    if any(each.gradient_norm is not None and each.gradient_norm < 1e-7 for each in vitals):
        found.append("vanishing_gradient")
    losses = [record.loss for record in evidence.history]
    if len(losses) > 1 and losses[-1] >= losses[0]:
        found.append("plateau_from_start")
    return found


def deepdiagnosis_without_inputs(evidence: Evidence) -> list[str]:
    """DeepDiagnosis's symptoms but that of the inputs, which standardised ones have too."""
    return [name for name in deepdiagnosis(evidence) if name != "inputs_unscaled"]


def sagemaker(evidence: Evidence) -> list[str]:
    """SageMaker Debugger's built-in rules at their default thresholds.

    class imbalance 10;  spread of weights at the start;  exploding tensor (not finite);  update ratio > 10 or < 1e-7
    dead ReLU (half of a layer);  saturated;  vanishing (mean gradient < 1e-7);  loss not decreasing by 0.1 % in 10
    looks;  overfitting (watched over training loss > 1.1)

    Reference: Amazon SageMaker Developer Guide, "List of Debugger built-in rules".
    """
    found: list[str] = []
    counts = [count for count in evidence.targets.counts if count]
    if counts and max(counts) > 10 * min(counts):
        found.append("class_imbalance")
    if any(std == 0 for std, _ in _weights(evidence)):
        found.append("constant_init")
    if _broken(evidence):
        found.append("non_finite")
    vitals = [each for look in _looks(evidence)[1:] for each in look]
    ratios = [each.update_ratio for each in vitals if each.update_ratio is not None]
    if any(ratio > 10 for ratio in ratios):
        found.append("learning_rate_too_high")
    if any(ratio < 1e-7 for ratio in ratios):
        found.append("learning_rate_too_low")
    if any(each.kind == "ReLU" and each.silent > 0.5 for each in vitals):
        found.append("dead_relu")
    if any(each.saturated is not None and each.saturated > 0.5 for each in vitals):
        found.append("saturated")
    if any(each.gradient_norm is not None and each.gradient_norm < 1e-7 for each in vitals):
        found.append("vanishing_gradient")
    losses = [record.loss for record in evidence.history]
    if any(new > 0.999 * old for old, new in zip(losses, losses[10:], strict=False)):
        found.append("plateau_from_start")
    last = evidence.history[-1] if evidence.history else None
    if last is not None and last.validation is not None and last.validation > 1.1 * last.loss:
        found.append("overfit")
    return found


def neuroscope(evidence: Evidence) -> list[str]:
    """Only what is known to us of NeuroScope: first weights between half and twice of what He or Glorot would draw."""
    outside = [std for std, wanted in _weights(evidence) if not 0.5 <= std / wanted <= 2.0]
    return ["init_scale"] if outside else []


def umlaut(evidence: Evidence) -> list[str]:
    """UMLAUT's heuristics that our records can answer.

    inputs outside [−1, 1];  no activation;  dropout above ½;  a rate of Adam above 0.01 or below 1e-6;
    overfitting: the watched loss rises while that of training falls

    Reference: Schoop, Huang, Hartmann, "UMLAUT", CHI 2021.
    """
    found: list[str] = []
    if evidence.inputs.largest > 1 and not evidence.inputs.whole:
        found.append("inputs_unscaled")
    kinds = [layer.kind for layer in evidence.layers]
    if sum(kind == "Dense" for kind in kinds) > 1 and not any(kind in BENT for kind in kinds):
        found.append("no_nonlinearity")
    if any(layer.kind == "Dropout" and float(layer.settings.get("rate", 0)) > 0.5 for layer in evidence.layers):
        found.append("dropout_too_high")
    adam = evidence.optimizer.name in ("Adam", "AdamW")
    if adam and evidence.optimizer.learning_rate > 0.01:
        found.append("learning_rate_too_high")
    if adam and evidence.optimizer.learning_rate < 1e-6:
        found.append("learning_rate_too_low")
    watched = [record.validation for record in evidence.history if record.validation is not None]
    losses = [record.loss for record in evidence.history]
    if len(watched) > 2 and watched[-1] > min(watched) and losses[-1] <= min(losses) * 1.01:
        found.append("overfit")
    return found


def umlaut_without_inputs(evidence: Evidence) -> list[str]:
    """UMLAUT's heuristics but that of the inputs."""
    return [name for name in umlaut(evidence) if name != "inputs_unscaled"]


def always_faulty(evidence: Evidence) -> list[str]:
    """Say that it does not learn, whatever it is."""
    return ["not_learning"]


BASELINES: dict[str, Rule] = {
    "always faulty": always_faulty,
    "AutoTrainer's rules": autotrainer,
    "AutoTrainer's rules, gated by score": autotrainer_gated,
    "DeepDiagnosis's rules": deepdiagnosis,
    "DeepDiagnosis's rules, but that of inputs": deepdiagnosis_without_inputs,
    "SageMaker Debugger's rules": sagemaker,
    "NeuroScope's rule of first weights": neuroscope,
    "UMLAUT's rules": umlaut,
    "UMLAUT's rules, but that of inputs": umlaut_without_inputs,
}
