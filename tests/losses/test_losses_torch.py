"""Losses and their gradients against PyTorch's."""

import numpy as np
import pytest

from cutaway.autodiff import gradients
from cutaway.losses import AbsoluteError, BinaryCrossEntropy, CrossEntropy, Huber, SquaredError
from cutaway.tensor import Tensor

torch = pytest.importorskip("torch")
F = torch.nn.functional

RANDOM = np.random.default_rng(1)
OUTPUTS, NUMBERS = RANDOM.normal(0, 3, (2, 9, 4))
CLASSES = RANDOM.integers(0, 4, 9)
PROBABILITIES = RANDOM.dirichlet(np.ones(4), 9)
YES = RANDOM.integers(0, 2, (9, 4)).astype(float)
CLASS_WEIGHT = [0.1, 2.0, 0.7, 1.0]

PAIRS = {
    "squared": (SquaredError(), NUMBERS, F.mse_loss),
    "absolute": (AbsoluteError(), NUMBERS, F.l1_loss),
    "huber": (Huber(0.7), NUMBERS, lambda p, t: F.huber_loss(p, t, delta=0.7)),
    "classes": (CrossEntropy(), CLASSES, F.cross_entropy),
    "probabilities": (CrossEntropy(), PROBABILITIES, F.cross_entropy),
    "smoothed": (
        CrossEntropy(label_smoothing=0.3), CLASSES, lambda p, t: F.cross_entropy(p, t, label_smoothing=0.3),
    ),
    "class weights": (
        CrossEntropy(class_weight=CLASS_WEIGHT), CLASSES,
        lambda p, t: F.cross_entropy(p, t, torch.tensor(CLASS_WEIGHT, dtype=torch.float64)),
    ),
    "binary": (BinaryCrossEntropy(), YES, F.binary_cross_entropy_with_logits),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "targets", "reference"), PAIRS.values(), ids=PAIRS)
def test_value_and_gradient(loss, targets, reference):
    ours = Tensor(OUTPUTS)
    value = loss(ours, targets)
    theirs = torch.tensor(OUTPUTS, requires_grad=True)
    expected = reference(theirs, torch.tensor(targets))
    expected.backward()
    np.testing.assert_allclose(float(value), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(gradients(value, ours), theirs.grad, rtol=1e-11, atol=1e-14)
