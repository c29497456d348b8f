"""Fixes as code of PyTorch: what a finding says is to be done, in the words of the program that it was found in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.records import Finding, Fix

Code = tuple[str, str]  # a sentence, "" for the finding's own, and code

CLIP = "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)"
# What is said of a finding whose fix only a person can make, or whose words are of this package.
BY_CHECK: dict[str, str] = {
    "gradients_kept": "optimizer.zero_grad()",
    "late_plateau": "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)",
    "leakage": "x = x[:, [place for place in range(x.shape[1]) if place != {copied}]]",
    "rows_repeated": "torch.unique(x, dim=0)",
    "split_shift": "torch.utils.data.random_split(data, [0.8, 0.2])",
    "softmax_axis": "nn.Softmax(dim=-1)",
    "train_evaluate_mismatch": "nn.BatchNorm1d({units}, momentum=0.1)",
    "overfit": "torch.optim.AdamW(model.parameters(), lr={rate:.1g}, weight_decay=0.1)",
    "initial_loss": "nn.init.zeros_({weight})",
}
# What each way of code of this package is in PyTorch, where the fix itself cannot be made by a program.
BY_WORDS = {"ca.ReLU()": "nn.ReLU()", "ca.Sigmoid()": "nn.Sigmoid()", "np.unique(y)": "torch.unique(y)"}


def in_torch(finding: Finding, evidence: Evidence, optimizer: str, left_out: tuple[str, ...] = ()) -> Finding:
    """Return a finding with what to do as code of PyTorch, and so what follows from it.

    optimizer   the name of its class
    left_out    paths of parameters that ask for a gradient, and that the optimizer does not hold
    """
    consequences = tuple(in_torch(each, evidence, optimizer, left_out) for each in finding.consequences)
    if finding.fix is None:
        return replace(finding, consequences=consequences)
    fix = finding.fix
    sentence, code = _code(Known(finding, fix, evidence, optimizer), left_out)
    return replace(finding, consequences=consequences, fix=replace(fix, sentence=sentence or fix.sentence, code=code))


@dataclass(frozen=True)
class Known:
    """A finding with its fix, and what code about it needs."""

    finding: Finding
    fix: Fix
    evidence: Evidence
    optimizer: str

    @property
    def layer(self) -> LayerFacts | None:
        """The facts of the layer that it is in."""
        return self.evidence.layer(self.finding.layer) if self.finding.layer is not None else None

    @property
    def units(self) -> int | str:
        """How many units the layer has."""
        return "units" if self.layer is None else self.layer.units

    @property
    def weight(self) -> str:
        """The layer's weights."""
        held = self.layer is not None and self.layer.parameters
        return f"model.get_submodule({self.finding.layer!r}).weight" if held else "layer.weight"


def _code(at: Known, left_out: tuple[str, ...]) -> Code:
    finding, fix, evidence = at.finding, at.fix, at.evidence
    if finding.check == "frozen_weights" and left_out:
        whose = ", ".join(repr(each) for each in left_out[:3]) + (", …" if len(left_out) > 3 else "")
        return (
            f"the optimizer does not hold {whose}: make it of all parameters, after the model is complete",
            f"torch.optim.{at.optimizer}(model.parameters(), lr={evidence.optimizer.learning_rate:g})",
        )
    if finding.check in ("double_softmax", "logits_as_probabilities"):
        return _paired(evidence)
    if finding.check in BY_CHECK and (fix.code or fix.action):
        known = {"units": at.units, "weight": at.weight, "rate": evidence.optimizer.learning_rate}
        return "", BY_CHECK[finding.check].format(copied=evidence.references.copied, **known)
    if fix.action in BY_ACTION:
        return BY_ACTION[fix.action](at)
    if fix.code in BY_WORDS:
        return "", BY_WORDS[fix.code]
    return "", fix.code if fix.code.startswith("y = ") else ""


def _paired(evidence: Evidence) -> Code:
    """Return the head and the loss that suit the task."""
    facts = evidence.targets
    if facts.task in ("classes", "one_hot"):
        many = f"{facts.outputs} units, one a class,"
        loss = "CrossEntropyLoss"
    elif facts.task in ("yes_no", "several"):
        many = "one unit" if facts.outputs == 1 else f"{facts.outputs} units, one for each question,"
        loss = "BCEWithLogitsLoss"
    else:
        units = evidence.output.units
        many, loss = "one unit" if units == 1 else f"{units} units", "MSELoss"
    scores = "" if loss == "MSELoss" else ", which takes scores"
    sentence = f"end it in {many} without activation, and train with {loss}{scores}"
    units = evidence.output.units if loss == "MSELoss" else facts.outputs
    before = next((layer for layer in reversed(evidence.layers) if layer.kind == "Dense"), None)
    fan = before.parameters[0].fan_in if before is not None and before.parameters else "features"
    return sentence, f"nn.Linear({fan}, {units}); loss = nn.{loss}()"


def _head(at: Known) -> Code:
    return _paired(at.evidence)


def _rate(at: Known) -> Code:
    rate = at.evidence.optimizer.learning_rate * float(at.fix.settings.get("factor", 1.0))
    code = f"torch.optim.{at.optimizer}(model.parameters(), lr={rate:.1g})"
    return "", f"{code}; {CLIP}" if at.finding.check == "non_finite" else code


def _decay(at: Known) -> Code:
    facts = at.evidence.optimizer
    decay = facts.weight_decay * float(at.fix.settings.get("factor", 1.0))
    return "", f"torch.optim.{at.optimizer}(model.parameters(), lr={facts.learning_rate:g}, weight_decay={decay:.2g})"


def _usual(at: Known) -> Code:
    return "", f"torch.optim.{at.optimizer}(model.parameters(), lr={at.evidence.optimizer.usual:g})"


def _initialise(at: Known) -> Code:
    return "", f"nn.init.kaiming_normal_({at.weight}, nonlinearity='relu')"


def _norm(at: Known) -> Code:
    return "", f"nn.BatchNorm1d({at.units})"


def _batch(at: Known) -> Code:
    size = max(1, round(at.evidence.plan.batch_size * float(at.fix.settings.get("factor", 1.0))))
    return "", f"torch.utils.data.DataLoader(data, batch_size={size}, shuffle=True)"


def _longer(at: Known) -> Code:
    factor = float(at.fix.settings.get("factor", 2.0))
    return f"train for {factor:.2g} times as many epochs", "for epoch in range(epochs):"


def _weighed(at: Known) -> Code:
    if at.evidence.loss.name == "BinaryCrossEntropy":
        return "", "nn.BCEWithLogitsLoss(pos_weight=(y == 0).sum() / (y == 1).sum())"
    return "", f"nn.CrossEntropyLoss(weight=len(y) / ({at.evidence.targets.outputs} * torch.bincount(y)))"


def _mean(at: Known) -> Code:
    return "", 'nn.MSELoss(reduction="mean")'


def _dropout(at: Known) -> Code:
    return "", f"nn.Dropout({float(at.fix.settings.get('rate', 0.1)):g})"


def _always(code: str) -> Callable[[Known], Code]:
    return lambda at: ("", code)


# By the names of `cutaway.diagnosis.fixes`.
BY_ACTION: dict[str, Callable[[Known], Code]] = {
    "batch_norm": _norm,
    "batch_size": _batch,
    "class_weight": _weighed,
    "clip": _always(f"{CLIP}  # between backward() and step()"),
    "default_optimizer": _usual,
    "drop_constant": _always("x = x[:, x.std(dim=0) > 0]"),
    "dropout": _dropout,
    "epochs": _longer,
    "initialise": _initialise,
    "insert_activation": _always("nn.ReLU()"),
    "leaky": _always("nn.LeakyReLU()"),
    "learning_rate": _rate,
    "leave_out": _always("nn.Identity()"),
    "mean_loss": _mean,
    "paired_head": _head,
    "shuffle": _always("torch.utils.data.DataLoader(data, shuffle=True)"),
    "standardise_inputs": _always("x = (x - x.mean(dim=0)) / x.std(dim=0)"),
    "standardise_targets": _always("y = (y - y.mean()) / y.std()"),
    "unfreeze": _always("layer.requires_grad_(True)"),
    "weight_decay": _decay,
    "widen": _always("nn.Linear(features, 64)"),
}
