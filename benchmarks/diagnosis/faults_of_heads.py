"""Faults of the head and the loss, and how the two go together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import benchmarks.diagnosis.fault as suits
import cutaway as ca
from benchmarks.diagnosis.cases import BENDS, Case
from benchmarks.diagnosis.fault import Fault
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError


def _one_unit(case: Case) -> tuple[Any, ...]:
    return (*case.layers[:-1], ca.Dense(1, initializer=ca.Glorot()))


def _columns(case: Case) -> Case:
    """Return the case with classes as one column of 0 and 1 each."""
    parts = case.parts
    return replace(case, parts=parts.with_targets(lambda y: np.eye(parts.classes, dtype=np.float32)[y]))


def _softmax_of_one(case: Case, severity: float, random: np.random.Generator) -> Case:
    layers = (*_one_unit(case), ca.Softmax())
    loss: Loss = SquaredError() if case.parts.task == "numbers" else BinaryCrossEntropy(from_logits=False)
    return replace(case, layers=layers, loss=loss, guilty=(str(len(layers) - 1),))


def _sigmoids(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, layers=(*case.layers, ca.Sigmoid()), loss=CrossEntropy(from_logits=False))


def _squared_of_relu(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(_columns(case), layers=(*case.layers, ca.ReLU()), loss=SquaredError())


def _class_as_number(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Learn the number of the class as if it were an amount, by a linear unit that is read as yes or no."""
    softmax = (*_one_unit(case), ca.ReLU())
    return replace(case, layers=softmax, loss=SquaredError())


def _softmax_twice(case: Case, severity: float, random: np.random.Generator) -> Case:
    layers = (*case.layers, ca.Softmax(), ca.Softmax())
    return replace(case, layers=layers, loss=CrossEntropy(from_logits=False), guilty=(str(len(layers) - 1),))


def _softmax_and_logits(case: Case, severity: float, random: np.random.Generator) -> Case:
    layers = (*case.layers, ca.Softmax())
    return replace(case, layers=layers, guilty=(str(len(layers) - 1),))


def _logits(case: Case, severity: float, random: np.random.Generator) -> Case:
    if case.parts.classes == 2 and random.random() < 0.5:
        return replace(case, layers=_one_unit(case), loss=BinaryCrossEntropy(from_logits=False))
    return replace(case, loss=CrossEntropy(from_logits=False))


def _sigmoid_head(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, layers=(*case.layers, ca.Sigmoid()), guilty=(str(len(case.layers)),))


def _tanh_head(case: Case, severity: float, random: np.random.Generator) -> Case:
    parts = case.parts.with_targets(lambda y: (severity * y).astype(np.float32))
    return replace(case, parts=parts, layers=(*case.layers, ca.Tanh()), guilty=(str(len(case.layers)),))


def _relu_head(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, layers=(*case.layers, ca.ReLU()), guilty=(str(len(case.layers)),))


def _softmax_over_rows(case: Case, severity: float, random: np.random.Generator) -> Case:
    layers = (*case.layers, ca.Softmax(axis=0))
    return replace(case, layers=layers, loss=CrossEntropy(from_logits=False), guilty=(str(len(layers) - 1),))


def _hidden_softmax(case: Case, severity: float, random: np.random.Generator) -> Case:
    places = [at for at, layer in enumerate(case.layers) if isinstance(layer, BENDS)]
    place = int(random.choice(places))
    layers = (*case.layers[:place], ca.Softmax(), *case.layers[place + 1 :])
    return replace(case, layers=layers, guilty=(str(place),))


class Summed(Loss):
    """Another loss summed over the rows."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        return self.loss.prepare(targets, output_shape)

    def rows(self, outputs: Any, targets: Any) -> Any:
        return self.loss.rows(outputs, targets)

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.loss.judged(outputs, targets)

    @property
    def from_logits(self) -> bool:
        """Whether the loss takes scores."""
        return getattr(self.loss, "from_logits", False)

    def quotient(self, total: Any, weight: Any) -> Any:
        return total


def _summed(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, loss=Summed(case.loss), batch_size=int(severity))


FAULTS = (
    Fault(
        "softmax over one unit", _softmax_of_one, ("softmax_one_unit",), "activation",
        suits=lambda parts, _: parts.classes in (0, 2), in_layer=True,
    ),
    Fault("softmax over the rows", _softmax_over_rows, ("softmax_axis", "loss_output_mismatch"), "activation",
          suits=suits.for_classes, in_layer=True),
    Fault("softmax between layers", _hidden_softmax, ("softmax_axis", "hidden_softmax"), "activation",
          suits=suits.in_plain, in_layer=True),
    Fault("softmax twice", _softmax_twice, ("double_softmax",), "activation", suits=suits.for_classes, in_layer=True),
    Fault("softmax, then a loss of scores", _softmax_and_logits, ("double_softmax",), "loss", suits=suits.for_classes,
          in_layer=True),
    Fault("scores as probabilities", _logits, ("logits_as_probabilities", "loss_output_mismatch"), "loss",
          suits=suits.for_classes),
    Fault("sigmoids, categorical loss", _sigmoids, ("loss_output_mismatch", "logits_as_probabilities"), "loss",
          suits=suits.for_classes),
    Fault("ReLU head, squared error of classes", _squared_of_relu, ("loss_output_mismatch", "dead_relu"), "loss",
          suits=suits.for_classes),
    Fault("class as a number", _class_as_number, ("loss_output_mismatch", "target_out_of_range"), "loss",
          suits=suits.for_two_classes),
    Fault("sigmoid head, targets beyond", _sigmoid_head, ("target_out_of_range", "loss_output_mismatch"), "activation",
          suits=suits.for_numbers, in_layer=True),
    Fault("tanh head, targets beyond", _tanh_head, ("target_out_of_range",), "activation", (3, 6), (2.5, 8),
          suits.for_numbers, in_layer=True),
    Fault("ReLU head, targets below 0", _relu_head, ("target_out_of_range", "dead_relu"), "activation",
          suits=suits.for_numbers, in_layer=True),
    Fault("loss summed", _summed, ("loss_summed", "learning_rate_too_high"), "loss", (32, 128), (24, 200),
          suits.with_descent),
)  # fmt: skip
