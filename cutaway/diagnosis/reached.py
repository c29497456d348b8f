"""What was reached: by simple methods, and by the weights that a training delivered; how many labels look wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class References:
    """What simple methods reach, in the same measure as `NetworkVitals.score`.

    They learn from training rows and answer the very rows held out that the network is judged by; where none is held
    out, training rows, each left out in turn.

    chance     the commonest class, or the mean
    linear     least squares on standardised inputs, with the ridge that is best in leave-one-out
    neighbour  the nearest row
    kernel     kernel ridge regression, which knows bends and products too; None where it was not tried
    error      standard error of the difference between two scores on so few rows, where nothing is known of the other
    rows       how many training rows they learned from
    unrelated  probability of so good a score where targets have nothing to do with inputs, by permuting them
    recognised for each class, the share of its rows that the better of the first two methods recognises; 0 where most
               of what it calls so is of another class
    weighed    the share that linear discriminants recognise of it, for which all classes count the same; only where one
               is rare
    copied     name of a feature that tells the target alone, "" where none does
    alone      how well it does: the rank correlation, or the share of rows whose neighbour in it is of their class
    itself     whether it is the target itself, up to factor and offset, in the same order, or with one value a class
    without    what the better of the first two methods reaches without that feature
    judged     how many rows both they and the network are judged by
    marks      how good the best of the three methods answers each of the rows held out (see `marks_of`); empty without
    own        the same of training rows, each left out in turn, where all that is above is of rows held out
    clear, unclear   share of the rows that a vote of their neighbours calls another class: of the third where the
               vote is clearest, and of the rest; `suspects` are rows of the first, the worst first
    """

    chance: float
    linear: float
    neighbour: float
    error: float
    rows: int = 0
    unrelated: float = 0.0
    recognised: tuple[float, ...] = ()
    weighed: tuple[float, ...] = ()
    copied: str = ""
    without: float = 0.0
    clear: float = 0.0
    unclear: float = 0.0
    suspects: tuple[int, ...] = ()
    judged: int = 0
    marks: tuple[float, ...] = ()
    alone: float = 1.0
    itself: bool = True
    kernel: float | None = None
    own: References | None = None

    @property
    def reached(self) -> dict[str, float]:
        """What each simple method reaches, by its name, the best first."""
        named = {"least squares": self.linear, "the nearest row": self.neighbour}
        if self.kernel is not None:
            named["kernel ridge regression"] = self.kernel
        return dict(sorted(named.items(), key=lambda each: -each[1]))

    @property
    def best(self) -> float:
        """The best of them, and of chance."""
        return max(self.chance, *self.reached.values())

    @property
    def best_method(self) -> str:
        """The name of the simple method that reaches most."""
        return next(iter(self.reached))

    @property
    def simple(self) -> bool:
        """Whether any simple method could be tried; for tokens and autoencoders none is, and only chance is known."""
        return self.kernel is not None or not self.linear == self.neighbour == self.chance


@dataclass(frozen=True)
class Mislabelled:
    """How many labels look wrong at random, of rows learned from and of those held out.

    share    of the labels, as is likeliest
    beyond   how much likelier that is than at most `FEW_WRONG` of them, λ = 2 (ln L − ln L of those)
    """

    share: float
    beyond: float


@dataclass(frozen=True)
class Outcome:
    """How good the delivered weights are: on the probe rows, and on rows held out (None without them).

    recalls   for each class, the share of its rows that are recognised, of probe rows and rows held out; `support` how
              many they are
    error     standard error of the score held out (without: on probe rows) minus the best simple method's on the same
              rows; None where they are not the same rows, and `References.error` must do
    chance_error   of the same minus what the best constant answer has there
    rows      how many rows held out the score is of, where they are more than simple methods answered; else None
    own, own_error   score on the training rows of `References.own`, and the standard error of that minus the best
              simple method's on them
    constant, constant_error   on the probe rows, what the best constant answer has, and the standard error of the
              network's score minus that
    """

    score: float
    validation_score: float | None
    recalls: tuple[float, ...] = ()
    support: tuple[int, ...] = ()
    error: float | None = None
    chance_error: float | None = None
    constant: float | None = None
    constant_error: float | None = None
    own: float | None = None
    own_error: float | None = None
    rows: int | None = None
