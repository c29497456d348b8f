"""Trainings that people asked about because they did not learn, as they wrote them, and the first finding they need.

Numbers are those of the questions on Stack Overflow; the families are of AutoTrainer (Zhang et al., ICSE 2021) and of
TheDeepChecker (Ben Braiek, Khomh, TOSEM 2022). They are for development: no figure is reported on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import cutaway as ca
from cutaway.layers import Initializer

# Keras's first weights: Glorot's for "U" of the older versions is U(−0.05, 0.05).
U, N = ca.Uniform(-0.05, 0.05), ca.Normal(0.05)


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """w ~ U(−a, a), a = √(3 · 2 / fan in): Keras's VarianceScaling(2, "fan_in", "uniform")."""

    def __call__(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draw from the uniform distribution."""
        limit = np.sqrt(6 / shape[0])
        return random.uniform(-limit, limit, shape)


class Exponential(ca.Layer):
    """y = eˣ, an activation of Keras's."""

    def forward(self, x: Any, ctx: Any) -> Any:
        """Return eˣ."""
        return ca.ops.exp(x)


@dataclass(frozen=True)
class Failure:
    """A training that fails: what `fit` is given, and the first findings that are right for it.

    whose  "first": the finding must come first; "any": one of those expected must be among the findings
    """

    name: str
    expected: tuple[str, ...]
    make: Callable[[], tuple[ca.Layer, np.ndarray, np.ndarray]]
    loss: Any
    optimizer: Any
    epochs: int
    batch_size: int | None = 32
    validation: float | None = None
    also: dict[str, Any] = field(default_factory=dict)


def dense(units: int, start: Initializer | None = None) -> ca.Dense:
    """Return a dense layer, with Keras's first weights (Glorot) where none are said."""
    return ca.Dense(units, initializer=ca.Glorot() if start is None else start)


def rng(seed: int = 0) -> np.random.Generator:
    """Return the random numbers of a case."""
    return np.random.default_rng(seed)


def _xor() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 1], [1, 0]], float)
    net = ca.Sequential(dense(2, U), ca.Sigmoid(), dense(3, U), ca.Sigmoid(), dense(1, U), ca.Softmax())
    return net, x, (x[:, 0] != x[:, 1]).astype(float)


def _sum_of_three() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = rng().uniform(0, 1e4, (1000, 3))
    net = ca.Sequential(
        dense(3), ca.Tanh(), ca.Dropout(0.5), dense(2), ca.Tanh(), ca.Dropout(0.5), dense(1), ca.Softmax()
    )
    return net, x, 2 * x[:, 0] + x[:, 1] + 0.5 * x[:, 2] + 2.2


def _several_labels() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    from sklearn.datasets import make_multilabel_classification

    x, y = make_multilabel_classification(1000, 20, n_classes=3, random_state=0)
    net = ca.Sequential(
        dense(20), ca.ReLU(), ca.Dropout(0.5), dense(20), ca.ReLU(), ca.Dropout(0.5), dense(3), ca.Softmax()
    )
    return net, x, y.astype(float)


def _quadratic() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = np.linspace(-10, 10, 201)[:, None]
    return ca.Sequential(dense(5), ca.Sigmoid(), dense(1), ca.Sigmoid()), x / 10, x[:, 0] ** 2


def _square_with_noise() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = np.arange(0, 5, 0.1)[:, None]
    y = 5 * x[:, 0] ** 2 + rng().normal(size=50) ** 3
    return ca.Sequential(dense(50), ca.ReLU(), dense(30), ca.ReLU(), dense(1)), x, y


def _fourth_power() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = np.arange(-100, 100, 0.5)[:, None]
    return ca.Sequential(dense(50), ca.Sigmoid(), dense(50), ca.ELU(), dense(1)), x, x[:, 0] ** 4


def _two_squares() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    random = rng()
    x = np.concatenate([random.uniform(0.2, 0.4, (100, 2)), random.uniform(0.5, 0.7, (100, 2))])
    return ca.Sequential(dense(2), ca.Sigmoid(), dense(2), ca.Softmax()), x, np.repeat([0, 1], 100)


def _iris() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    return (x - x.mean(0)) / x.std(0), np.eye(3)[y]


def _iris_sigmoid() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x, y = _iris()
    return ca.Sequential(dense(4, N), ca.ReLU(), dense(3, N), ca.Sigmoid()), x, y


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x / 16, y


def _linear_digits() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x, y = _digits()
    return ca.Sequential(dense(30, ca.Normal(1.0)), dense(10, ca.Normal(1.0))), x, np.eye(10)[y]


def _huge_batch() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x, y = _digits()
    net = ca.Sequential(
        dense(500), ca.ReLU(), ca.Dropout(0.1), dense(600), ca.ReLU(), ca.Dropout(0.1), dense(10), ca.Softmax()
    )
    return net, x, y


def _sine_unscaled() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    x = np.linspace(0, 300, 200)[:, None]
    return ca.Sequential(dense(20), ca.Tanh(), dense(1)), x, 100 * np.sin(x[:, 0] / 50)


def _three_columns() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
    random = rng()
    x = random.uniform(0, 1e3, (400, 3))
    y = (x[:, 0] + x[:, 1] > x[:, 2] + 500).astype(float)
    return ca.Sequential(dense(12, U), ca.ReLU(), dense(3, U), ca.ReLU(), dense(1, U), ca.Sigmoid()), x, y


PROBABILITIES = ca.CrossEntropy(from_logits=False)
BINARY = ca.BinaryCrossEntropy(from_logits=False)

REAL: tuple[Failure, ...] = (
    Failure("34311586", ("softmax_one_unit",), _xor, "squared_error", ca.Momentum(0.001, 0.9), 20),
    Failure("33969059", ("softmax_one_unit",), _sum_of_three, "squared_error", ca.Momentum(0.1, 0.9), 20),
    Failure(
        "38648195", ("loss_output_mismatch",), _several_labels, "squared_error", ca.GradientDescent(0.01), 20, 20
    ),
    Failure("48221692", ("target_out_of_range",), _quadratic, "squared_error", ca.GradientDescent(0.01), 1000, None),
    # Targets up to 125: dividing them and dividing the rate by a thousand are the same to its first steps.
    Failure(
        "48934338", ("learning_rate_too_high", "targets_unscaled"), _square_with_noise, "squared_error",
        ca.GradientDescent(0.1), 1000,
    ),
    Failure(
        "52800582", ("inputs_unscaled", "targets_unscaled"), _fourth_power, "squared_error", ca.Adam(), 1000, None
    ),
    Failure("50306988", ("too_few_updates", "learning_rate_too_low"), _two_squares, PROBABILITIES, ca.Adam(), 5),
    Failure("51930566", ("loss_output_mismatch",), _iris_sigmoid, PROBABILITIES, ca.Adam(), 50, 5),
    Failure(
        "48385830", ("learning_rate_too_high", "no_nonlinearity"), _linear_digits, "squared_error",
        ca.GradientDescent(3.0), 30, 10,
    ),
    Failure("44164749", ("too_few_updates",), _huge_batch, PROBABILITIES, ca.Momentum(0.01, 0.9), 5, 2000),
    Failure(
        "46642627", ("inputs_unscaled", "learning_rate_too_high"), _sine_unscaled, "squared_error",
        ca.GradientDescent(0.01), 200,
    ),
)  # fmt: skip


# ---- deep stacks ------------------------------------------------------------------------------------------------


def circles() -> tuple[np.ndarray, np.ndarray]:
    """Return two circles, 700 points to learn from."""
    from sklearn.datasets import make_circles

    x, y = make_circles(1000, noise=0.1, random_state=1)
    return x[:700], y[:700].astype(float)


def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Return three blobs, 700 points to learn from."""
    from sklearn.datasets import make_blobs

    x, y = make_blobs(1000, centers=3, n_features=2, cluster_std=2, random_state=2)
    return x[:700] / 10, np.eye(3)[y[:700]]


def stack(
    data: Callable[[], tuple[np.ndarray, np.ndarray]], depth: int, activation: type[ca.Layer], start: Initializer,
    outputs: int = 1,
) -> Callable[[], tuple[ca.Layer, np.ndarray, np.ndarray]]:  # fmt: skip
    """Return a maker of `depth` layers of five units, and a sigmoid or softmax at the end."""

    def make() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
        hidden = [layer for _ in range(depth) for layer in (ca.Dense(5, initializer=start), activation())]
        head = ca.Sigmoid() if outputs == 1 else ca.Softmax()
        return ca.Sequential(*hidden, ca.Dense(outputs, initializer=start), head), *data()

    return make


def _deep(
    name: str, expected: tuple[str, ...], depth: int, activation: type[ca.Layer], start: Initializer, epochs: int = 150
) -> Failure:
    return Failure(name, expected, stack(circles, depth, activation, start), BINARY, ca.Adam(0.001), epochs, 128)


VS = VarianceScaling()
STACKS: tuple[Failure, ...] = (
    *(
        _deep(f"circle-exp-{depth}", ("exploding_gradient", "init_scale", "non_finite"), depth, Exponential, VS, 100)
        for depth in (8, 11)
    ),
    *(_deep(f"circle-sig-{depth}", ("vanishing_gradient",), depth, ca.Sigmoid, VS) for depth in (11, 13)),
    *(_deep(f"circle-relu-{depth}", ("dead_relu", "vanishing_gradient"), depth, ca.ReLU, VS) for depth in (15, 17)),
    *(_deep(f"circle-relu-{depth}-U", ("init_scale", "dead_relu"), depth, ca.ReLU, U) for depth in (8, 9)),
    Failure(
        "blob-relu-oscillating", ("learning_rate_too_high", "oscillation", "dead_relu"),
        stack(blobs, 5, ca.ReLU, VS, 3), PROBABILITIES, ca.Momentum(0.3, 0.9), 15, 1,
    ),
)  # fmt: skip

HEALTHY: tuple[Failure, ...] = (
    # Inputs up to a thousand, and Adam at 12,000 steps of one row gets over it: a note, no finding.
    Failure("39525358", (), _three_columns, BINARY, ca.Adam(), 20, 1),
    *(
        Failure(
            f"circle-tanh-{depth}", (), stack(circles, depth, ca.Tanh, ca.Glorot()), BINARY, ca.Adam(0.003), 200, 128
        )
        for depth in (5, 9)
    ),
    *(
        Failure(
            f"blob-tanh-{depth}", (), stack(blobs, depth, ca.Tanh, ca.Glorot(), 3), PROBABILITIES, ca.Adam(0.003), 200,
            128,
        )
        for depth in (5, 11)
    ),
)  # fmt: skip


# ---- one fault in a healthy network -----------------------------------------------------------------------------


def _regression() -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth function of nine columns with a little noise, standardised."""
    random = rng(3)
    x = random.normal(size=(400, 9))
    y = x[:, 0] * x[:, 1] + 2 * np.sin(x[:, 2]) + x[:, 3] + 0.1 * random.normal(size=400)
    return x, (y - y.mean()) / y.std()


def _regression_net(start: Initializer | None = None, tail: tuple[ca.Layer, ...] = ()) -> ca.Sequential:
    he = ca.He() if start is None else start
    return ca.Sequential(
        ca.Dense(64, initializer=he), ca.ReLU(), ca.Dense(64, initializer=he), ca.ReLU(), ca.Dense(1), *tail
    )


def one_fault(
    change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] = lambda x, y: (x, y),
    net: Callable[[], ca.Layer] = _regression_net,
) -> Callable[[], tuple[ca.Layer, np.ndarray, np.ndarray]]:
    """Return a maker of the healthy regression with one thing changed."""

    def make() -> tuple[ca.Layer, np.ndarray, np.ndarray]:
        return net(), *change(*_regression())

    return make


def _one(name: str, expected: tuple[str, ...], make: Any, optimizer: Any = None, **also: Any) -> Failure:
    loss = also.pop("loss", "squared_error")
    return Failure(name, expected, make, loss, optimizer or ca.Adam(), also.pop("epochs", 60), **also)


ONE_FAULT: tuple[Failure, ...] = (
    _one("rate 50", ("learning_rate_too_high",), one_fault(), ca.GradientDescent(50.0)),
    _one("adam rate 0.1 x 10", ("learning_rate_too_high",), one_fault(), ca.Adam(1.0)),
    _one("rate 1e-5", ("learning_rate_too_low",), one_fault(), ca.GradientDescent(1e-5)),
    _one(
        "features shuffled, labels not", ("labels_unrelated",),
        one_fault(lambda x, y: (rng(9).permutation(x), y)), validation=0.25,
    ),
    _one("summed", ("loss_summed", "learning_rate_too_high"), one_fault(), ca.GradientDescent(1.0),
         loss="residual_sum_of_squares"),
    _one("constant .01", ("constant_init",), one_fault(net=lambda: _regression_net(ca.Constant(0.01)))),
    _one("weight decay", ("regularisation_too_strong",), one_fault(), ca.AdamW(0.003, weight_decay=25.0)),
    _one("targets scaled", ("targets_unscaled",), one_fault(lambda x, y: (x, 1e5 * y + 1e6))),
    _one("inputs scaled", ("inputs_unscaled",), one_fault(lambda x, y: (x * np.array([1e4] + [1] * 8), y)),
         ca.GradientDescent(0.01)),
    _one("softmax head", ("softmax_one_unit",), one_fault(net=lambda: _regression_net(tail=(ca.Softmax(),)))),
    _one("sigmoid on targets beyond", ("target_out_of_range",),
         one_fault(net=lambda: _regression_net(tail=(ca.Sigmoid(),)))),
)  # fmt: skip

FAILURES: tuple[Failure, ...] = (*REAL, *STACKS, *ONE_FAULT)
