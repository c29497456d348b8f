"""A picture explained: the pixels that the answer depends on, and the first filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.explain.figures import shown
from cutaway.explain.saliency import Saliency

MOST_LIKELY = 5


@dataclass(frozen=True, eq=False)
class PictureExplanation:
    """Which pixels an answer depends on.

    source    the picture's name
    label     the class whose score is explained
    likely    each class with its probability by the whole run, the likeliest first; none where there is no run
    saliency  the slope of that score with respect to each pixel
    filters   the network's first filters as pictures (filters, height, width, channels); none where there are none
    """

    source: str
    label: str
    likely: tuple[tuple[str, float], ...]
    saliency: Saliency
    filters: np.ndarray

    @property
    def title(self) -> str:
        """What is explained in a line; the answer is named where another class is explained."""
        score = shown(self.saliency.score)
        if not self.likely or self.likely[0][0] == self.label:
            return f"{self.source}: {self.label}, score {score}"
        return f"{self.source}: why {self.label}, score {score}, though the answer is {self.likely[0][0]}"

    @property
    def filters_words(self) -> str:
        """What the colours of the filters mean."""
        if self.filters.shape[-1] == 3:
            return (
                "Middle gray is a weight of zero in red, green and blue; a lighter or purer colour is what the filter "
                "wants more of, a darker one what it wants less of; each in its own scale."
            )
        return "Gray is a weight of zero, white positive, black negative; each in its own scale."

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "source": self.source,
            "class": self.label,
            "probabilities": dict(self.likely),
            "score": self.saliency.score,
            "network": self.saliency.words or None,
            "saliency": self.saliency.map.round(6).tolist(),
            "filters": self.filters.round(4).tolist(),
        }

    def html(self) -> str:
        """Return the explanation as one page that needs nothing else."""
        from cutaway.explain.html import picture_page

        return picture_page(self)

    def _repr_html_(self) -> str:
        from cutaway.explain.html import notebook

        return notebook(self.html())

    def __str__(self) -> str:
        which = f" ({self.saliency.words})" if self.saliency.words else ""
        lines = [f"{self.source}: " + ", ".join(f"{label} {100 * p:.1f} %" for label, p in self.likely[:MOST_LIKELY])]
        though = ""
        if self.likely and self.likely[0][0] != self.label:
            though = f" The answer is '{self.likely[0][0]}'; this explains '{self.label}', as asked."
        lines += ["", f"The score of '{self.label}' is {shown(self.saliency.score)}{which}.{though}"]
        lines += ["Where a small change of a pixel changes it most, darker is more:", ""]
        lines += [f"  {line}" for line in drawn(self.saliency.map)]
        count = len(self.filters)
        lines += ["", f"The first layer has {count} filters; --html shows them." if count else "There are no filters."]
        return "\n".join(lines)


def drawn(values: np.ndarray, width: int = 40) -> list[str]:
    """Return a picture (height, width) in letters, two a pixel, at most `width` pixels wide; larger is darker.

    >>> drawn(np.array([[0.0, 1.0]]))
    ['  ██']
    """
    step = max(1, -(-values.shape[1] // width))
    rows, columns = (size // step * step for size in values.shape)
    small = values[:rows, :columns].reshape(rows // step, step, columns // step, step).max(axis=(1, 3))
    levels = (small / (small.max() or 1) * 4).round().astype(int)
    return ["".join(" ░▒▓█"[level] * 2 for level in line) for line in levels.tolist()]
