"""RealMLP: the multilayer perceptron with the defaults that did best over many tables."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.data.several_targets import AnyTarget, LabelsTarget
from cutaway.data.targets import ClassTarget
from cutaway.layers import (
    SELU,
    ColumnEmbedding,
    Constant,
    Dense,
    Dropout,
    Layer,
    Mish,
    Normal,
    Parametric,
    PeriodicEmbedding,
    RandomSimplex,
    Scale,
    Sequential,
    UnitVariance,
)
from cutaway.losses import BinaryCrossEntropy, ClassificationError, CrossEntropy, Loss, SquaredError
from cutaway.optimizers import Adam, AdamW, Optimizer
from cutaway.recipes.recipe import Recipe
from cutaway.schedules import CosLog4, FlatCos

EPOCHS, BATCH_SIZE = 256, 256
NEURONS, DEPTH = 256, 3


def realmlp(
    numbers: int,
    code_sizes: Sequence[int],
    target: AnyTarget,
    *,
    simple: bool = False,
    probabilities: bool = False,
    neurons: int = NEURONS,
    depth: int = DEPTH,
    epochs: int = EPOCHS,
    batch_size: int = BATCH_SIZE,
    learning_rate: float | None = None,
    dropout: float = 0.15,
    weight_decay: float = 0.02,
    sigma: float = 0.1,
) -> Recipe:
    """Return the published recipe: RealMLP-TD, or its simple form TD-S.

    numbers        how many of the first encoded columns are numbers, which become waves (not in the simple form)
    code_sizes     how many codes each of the last encoded columns has
    simple         TD-S: no waves, no dropout, no decay, plain activations and first weights
    probabilities  whether the score judges probabilities rather than decisions: then labels are not smoothed, and the
                   best weights are those with the lowest cross-entropy
    the others     the published values, for a search around them

    Each hidden layer is Dense → activation → Dropout; before the first, each column has a scale of its own. The
    learning rate makes four waves, dropout and decay fade out in the second half.

    Reference: Holzmüller, Grinsztajn, Steinwart, "Better by default: strong pre-tuned MLPs and boosted trees on
    tabular data", NeurIPS 2024, arXiv 2407.04491, table A.1.

    >>> from cutaway.data.targets import NumberTarget
    >>> realmlp(3, [], NumberTarget("price", 0.0, 1.0, -1.0, 1.0)).network[1]
    Scale()
    """
    classes = isinstance(target, (ClassTarget, LabelsTarget))
    rate = learning_rate or (0.04 if classes else 0.07 if simple else 0.2)

    def activation() -> Layer:
        bend: Layer = SELU() if classes else Mish()
        return bend if simple else Parametric(bend)

    def dense(units: int, last: bool) -> Dense:
        if not simple:
            return Dense(units, ntk=True, initializer=UnitVariance(), bias_initializer=RandomSimplex(5))
        first = Constant(0.0) if last else Normal()
        return Dense(units, ntk=True, initializer=first, bias_initializer=first)

    layers: list[Layer] = []
    factors = {"*.bias": 0.1}
    if code_sizes:
        layers.append(ColumnEmbedding(code_sizes, 8))
    if numbers and not simple:
        factors[f"{len(layers)}.*"] = 0.1
        layers.append(PeriodicEmbedding(numbers, sigma=sigma))
    factors[f"{len(layers)}.factor"] = 6.0
    layers.append(Scale())
    for _ in range(depth):
        layers += [dense(neurons, last=False), activation()]
        if not simple and dropout:
            layers.append(Dropout(FlatCos(dropout)))
    layers.append(dense(target.outputs, last=True))
    if not simple:
        factors["*.amount"] = 0.1

    loss: Loss = SquaredError()
    judge: Loss = SquaredError()
    if isinstance(target, LabelsTarget):
        loss = judge = BinaryCrossEntropy()
    elif classes:
        loss = CrossEntropy(label_smoothing=0.0 if probabilities else 0.1)
        judge = CrossEntropy() if probabilities else ClassificationError()
    betas = (0.9, 0.95)
    optimizer: Optimizer = (
        Adam(CosLog4(rate), betas=betas, learning_rate_factors=factors)
        if simple
        else AdamW(
            CosLog4(rate),
            betas=betas,
            weight_decay=FlatCos(weight_decay),
            learning_rate_factors=factors,
            weight_decay_factors={"*.bias": 0.0},
        )
    )
    waves = "" if simple or not numbers else "numbers as waves, "
    words = f"{waves}{depth} hidden layers of {neurons} neurons ({'SELU' if classes else 'Mish'})"
    return Recipe(Sequential(*layers), loss, judge, optimizer, epochs, batch_size, words)
