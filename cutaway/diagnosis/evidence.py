"""What checks read: a training described by plain data, so that it can be diagnosed without its network and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutaway.diagnosis.reached import Mislabelled as Mislabelled
from cutaway.diagnosis.reached import Outcome as Outcome
from cutaway.diagnosis.reached import References as References
from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord

# How the event begins that tells of a training which early stopping ended.
OUT_OF_PATIENCE = "no better validation loss"


@dataclass(frozen=True)
class Feature:
    """One input feature over all training rows."""

    name: str
    mean: float
    std: float
    low: float
    high: float


@dataclass(frozen=True)
class InputFacts:
    """The training inputs.

    rows, shape   how many, and the shape of one
    whole         whether they are whole numbers that are looked up (tokens, categories), for which scale means nothing
    largest       largest |x|
    spread        largest deviation of a feature over the smallest that is not 0
    worst         the five features farthest from mean 0 and deviation 1
    constant      names of features that are the same in every row
    repeats       share of the held-out rows that are among the training rows too, input and target
    size          largest root mean square of a feature
    deviation     largest deviation of a feature
    missing       numbers that are NaN or infinite; `missing_in` the features they are in, `first_missing` the first row
    shift         largest distance between the distributions of a feature in training and held-out rows, 0 to 1
    shift_chance  probability of one so large among all features where nothing is shifted; `shifted` is the feature
    """

    rows: int
    shape: tuple[int, ...]
    whole: bool
    largest: float
    spread: float
    worst: tuple[Feature, ...] = ()
    constant: tuple[str, ...] = ()
    repeats: float = 0.0
    size: float = 0.0
    deviation: float = 1.0
    missing: int = 0
    missing_in: tuple[str, ...] = ()
    first_missing: int | None = None
    shift: float = 0.0
    shift_chance: float = 1.0
    shifted: str = ""


@dataclass(frozen=True)
class TargetFacts:
    """The training targets.

    task     "classes" (one number a row), "one_hot", "several" (yes or no for each of several), "yes_no" (one
             column of 0 and 1), "numbers"
    outputs  how many columns, or classes by their number
    low, high, mean, std   over all of them
    counts   rows of each class, for classes and one_hot and yes_no; `held_out` the same of rows held out
    runs     z of the runs test on the order of the rows: far below 0 where equal targets stand together
    run_length   mean number of equal targets in a row; of numbers, of those on one side of their median
    missing  targets that are NaN or infinite; `first_missing` is the row of the first
    wrong    targets that are no class of the network; `first_wrong` is the row of the first
    stretched    shapes of targets and outputs that would be stretched over each other, "" where they match
    beyond   of numbers: for each head, the share of their variance that it cannot say, whatever is learned
    wild     of numbers: share of their squared distances from the median that is one row's alone
    levels   of numbers in one column: how many they are, if they are 0, 1, 2, … or 1, 2, 3, … and few; else 0
    unused   numbers of the outputs that no row asks for: classes without rows, columns of yes or no that are all no
    """

    task: str
    outputs: int
    low: float
    high: float
    mean: float
    std: float
    counts: tuple[int, ...] = ()
    held_out: tuple[int, ...] = ()
    runs: float = 0.0
    run_length: float = 1.0
    missing: int = 0
    first_missing: int | None = None
    wrong: int = 0
    first_wrong: int | None = None
    stretched: str = ""
    beyond: Mapping[str, float] = field(default_factory=dict)
    wild: float = 0.0
    levels: int = 0
    unused: tuple[int, ...] = ()


@dataclass(frozen=True)
class LossFacts:
    """The loss.

    name       of its class ("CrossEntropy")
    takes      scores ("logits"), "probabilities", "log_probabilities" or "numbers"; "unknown" for one of your own
    summed     whether it is a sum over the rows instead of a mean
    weighted   whether its classes have weights
    """

    name: str
    takes: str
    summed: bool = False
    weighted: bool = False

    @property
    def can_weigh(self) -> bool:
        """Whether classes can be given weights that have none yet."""
        return self.name in ("CrossEntropy", "BinaryCrossEntropy") and not self.weighted


@dataclass(frozen=True)
class OptimizerFacts:
    """The optimizer: its name, its largest learning rate, and the rate its paper or common use starts from.

    gradients_kept   share of the steps whose gradients had those of steps before in them: of a loop elsewhere, which
                     forgets to set them back; here each step has its own
    """

    name: str
    learning_rate: float
    usual: float
    momentum: float = 0.0
    epsilon: float | None = None
    weight_decay: float = 0.0
    clip_norm: float | None = None
    gradients_kept: float = 0.0


@dataclass(frozen=True)
class PlanFacts:
    """How long and in which portions: `updates` is how many steps were planned."""

    epochs: int
    batch_size: int
    updates: int
    shuffle: bool
    validation_rows: int = 0
    engine: str = "numpy"


@dataclass(frozen=True)
class ParameterFacts:
    """A parameter before the first step.

    path, shape, fan_in, fan_out, mean, std
    wanted    the deviation that keeps a signal alive: √(2 / fan in) before ReLU and its kin, √(2 / (fan in + fan out))
              else; 0 for what is no matrix
    alike     share of its units (last axis) whose weights and gradients both coincide with those of another unit
    gradient  root mean square of the loss's gradient over the first batches, all of them together; 0 where it is
              exactly 0 in each
    moved     whether the optimizer changes it
    reached   whether the loss depends on it at all
    """

    path: str
    shape: tuple[int, ...]
    fan_in: int
    fan_out: int
    mean: float
    std: float
    wanted: float
    alike: float
    gradient: float
    moved: bool = True
    reached: bool = True


@dataclass(frozen=True)
class LayerFacts:
    """A layer that computes something itself, before the first step, in the order of computation.

    follows     path of the layer whose output is this one's input, None where it is the network's input or a mixture
    units       size of the last axis of its output
    settings    its arguments that are numbers or words
    output_mean, output_std, output_low, output_high   on at most 2,000 training rows, in evaluation mode
    blame_rms   root mean square of the loss's gradient with respect to its output
    shape       of its output, without the rows
    softmax     axis of the softmax that makes its output, counted from the last (−1); None where none does
    """

    path: str
    kind: str
    follows: str | None
    units: int
    output_mean: float
    output_std: float
    output_low: float
    output_high: float
    blame_rms: float
    settings: Mapping[str, float | str] = field(default_factory=dict)
    parameters: tuple[ParameterFacts, ...] = ()
    shape: tuple[int, ...] = ()
    softmax: int | None = None


@dataclass(frozen=True)
class OutputFacts:
    """What the network says before the first step.

    head       what makes its output: "softmax", "sigmoid", "relu", "tanh", … by the last layer, "linear" after sums
    units      how many outputs
    low, high  of them; `row_low`, `row_high` of their sums over a row
    axis       of the softmax, where it is one, counted from the last (−1 is over the outputs)
    unreachable   share of the targets beyond the head's range; of a softmax, of rows whose sum is not 1
    loss       on at most 2,000 training rows
    expected   what the loss is for someone who knows nothing but the mean or the shares of the classes
    doubled    loss of a batch of 2 n rows over that of its first n: 1 where it is a mean, 2 where it is a sum
    """

    head: str
    units: int
    low: float
    high: float
    row_low: float
    row_high: float
    loss: float
    expected: float
    doubled: float = 1.0
    axis: int = -1
    unreachable: float = 0.0


@dataclass(frozen=True)
class GradientFacts:
    """The gradient of a layer or a loss that is not of this package, against the slope itself.

    path, kind   of the layer; path None for the loss
    error        of the gradient, as a share of its length, by central differences in float64
    worst        the parameter (or "input") in which it is largest
    uphill       of a loss: cosine between its gradient and the way from the outputs to the targets, below 0 where
                 descent leads towards them; 0 of a layer, and where that cannot be said
    """

    path: str | None
    kind: str
    error: float
    worst: str
    uphill: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """All that is known of a training; what comes after `references` is empty before the first step."""

    inputs: InputFacts
    targets: TargetFacts
    loss: LossFacts
    optimizer: OptimizerFacts
    plan: PlanFacts
    layers: tuple[LayerFacts, ...]
    output: OutputFacts
    references: References
    layer_vitals: tuple[LayerVitals, ...] = ()
    network_vitals: tuple[NetworkVitals, ...] = ()
    history: tuple[StepRecord, ...] = ()
    events: tuple[Event, ...] = ()
    outcome: Outcome | None = None
    gradients: tuple[GradientFacts, ...] = ()
    mislabelled: Mislabelled | None = None

    @property
    def trained(self) -> bool:
        """Whether any step was taken."""
        return bool(self.history)

    @property
    def epochs(self) -> int:
        """How many epochs were run, of `plan.epochs`."""
        return self.history[-1].epoch if self.history else 0

    @property
    def steps(self) -> int:
        """How many steps were taken, of `plan.updates`."""
        return self.history[-1].step if self.history else 0

    @property
    def ended(self) -> str:
        """Why it ended before its plan: "patience" for early stopping, "stopped" by whoever followed it, else ""."""
        reasons = [event.message for event in self.events if event.what in ("stopped", "interrupted")]
        if not reasons:
            return ""
        return "patience" if reasons[-1].startswith(OUT_OF_PATIENCE) else "stopped"

    def layer(self, path: str) -> LayerFacts | None:
        """Return the facts of a layer by its path."""
        return next((layer for layer in self.layers if layer.path == path), None)

    def vitals_of(self, path: str) -> list[LayerVitals]:
        """Return a layer's vitals in the order of steps."""
        return [vitals for vitals in self.layer_vitals if vitals.path == path]
