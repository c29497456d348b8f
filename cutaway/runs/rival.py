"""What a model of another kind makes of the same rows, so that a person knows whether a network is the right tool."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from cutaway.data.strict_json import fields
from cutaway.metrics import BY_NAME
from cutaway.runs.comparison import compare
from cutaway.runs.scores import Scores


@dataclass(frozen=True)
class Rival:
    """The same score for another model, and how the network compares.

    name      what the other model is
    estimate  its score where each row is predicted by models that did not learn from it; None where there are none
    value     its score on the rows set aside; None where there are none
    better    whether it, the network, or neither ("") is better by more than chance
    sentence  the comparison in words
    """

    name: str
    estimate: float | None
    value: float | None
    better: str
    sentence: str

    @classmethod
    def from_json(cls, described: object) -> Rival | None:
        """Return the rival from its description, None where none was asked; `InputError` says what is wrong."""
        if described is None:
            return None
        values = described if isinstance(described, dict) else {}
        kinds = {name: type(None) if values.get(name) is None else float for name in ("estimate", "value")}
        return cls(**fields(described, "rival", name=str, **kinds, better=str, sentence=str))

    def to_json(self) -> dict[str, Any]:
        """The rival as JSON data."""
        return asdict(self)


def rival_of(
    name: str,
    scores: Scores,
    truth: NDArray[Any],
    ours: NDArray[Any],
    theirs: NDArray[Any],
    weight: NDArray[Any] | None,
    *,
    estimate: float | None,
    value: float | None,
) -> Rival:
    """Compare the answers of the network and of another model by the metric of `scores`, on the rows of `truth`."""
    found = compare(truth, theirs, ours, BY_NAME[scores.metric], weight=weight, names=(name, "the network"))
    return Rival(name, estimate, value, found.better or "", found.sentence)
