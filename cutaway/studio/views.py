"""What a page is shown of a network at a moment: the selected example forward and back, grids, rows, distributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import BatchNorm, LayerNorm, RMSNorm
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.grids import Grids
from cutaway.studio.material import plain, together
from cutaway.studio.moment import Moment
from cutaway.studio.way import Way

NORMS = (BatchNorm, LayerNorm, RMSNorm)
PROBED = 512  # training rows whose distribution is shown
BINS = 24


class Views:
    """The views of one case; each is a function of the moment, the way of its branch and the selection."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.grids = Grids(case)

    def forward(self, moment: Moment, way: Way, selected: Selected, blame: bool = True) -> dict[str, Any]:
        """Return every activation of the selected example, and the blame of each."""
        case, material = self.case, self.case.material
        x, y, place = case.example(selected)
        found = case.blamed(moment, x, y, way.loss) if blame else None
        if found is None:
            outputs, taps = case.taps(moment, x)
            loss = None
            if y is not None:
                targets = way.loss.prepare(y, tuple(outputs.shape))
                with np.errstate(all="ignore"):
                    loss = float(way.loss.value(outputs, targets.astype(outputs.dtype) if targets.dtype.kind == "f"
                                                else targets))  # fmt: skip
        else:
            outputs, taps, loss = found.outputs, found.taps, found.loss
        blames = None if found is None else found.blames
        row = material.own(place) if place is not None else dict(selected.typed or {})
        if place is None and material.table is not None:
            row = material.typed(row)[1]
        return {
            "step": moment.step,
            "part": selected.part,
            "example": selected.example,
            "number": None if place is None else material.number(place),
            "typed": selected.typed,
            "row": [{"column": name, "value": plain(value), "shown": _shown(value)} for name, value in row.items()],
            "x": x[0],
            "layers": [
                {
                    "path": tap.path,
                    "kind": type(tap.layer).__name__,
                    "value": np.asarray(tap.output)[0],
                    "blame": None if blames is None else _row(blames[number]),
                }
                for number, tap in enumerate(taps)
            ],
            "output": outputs[0],
            "answer": material.answer(_last(material.answers(outputs[0]))),
            "target": None if place is None else material.truth(place),
            "loss": loss,
            "gradients": None if found is None else found.gradients,
        }

    def weights(self, moment: Moment) -> dict[str, np.ndarray]:
        """Return every weight, and the running statistics, by path."""
        return moment.arrays

    def boundary(self, moment: Moment, selected: Selected, asked: Arguments) -> dict[str, Any]:
        """Return what the network answers over one or two of the person's columns."""
        grid = self.grids.of(asked, selected)
        asked.done()
        material = self.case.material
        answers = material.answers(self.case.outputs(moment, grid.x))
        rows = None
        if asked.flag("rows"):
            places, spots, parts, examples = grid.rows
            rows = {"places": places, "examples": examples, "coordinates": spots, "target": material.goals(places),
                    "parts": parts}  # fmt: skip
        return {
            "step": moment.step,
            **grid.told(),
            "outputs": answers.reshape(*grid.shape, -1),
            "classes": None
            if material.several or not material.classes
            else answers.argmax(axis=-1).astype(np.int32).reshape(grid.shape),
            "rows": rows,
        }

    def responses(self, moment: Moment, selected: Selected, asked: Arguments) -> dict[str, Any]:
        """Return the output of every unit of the layers asked for over the same grid; of all that have units."""
        wanted = asked.several("layers", None)
        grid = self.grids.of(asked, selected)
        asked.done()
        _, taps = self.case.taps(moment, grid.x)
        found = {tap.path: np.asarray(tap.output) for tap in taps if tap.path}
        if wanted is not None and (strange := [path for path in wanted if path not in found]):
            raise InputError(f"responses: there is no layer {strange[0]!r}; there are {', '.join(found)}")
        with np.errstate(over="ignore"):  # of what is too large for it, infinity is drawn: marked, not clamped
            layers = [
                {"path": path, "values": values.reshape(*grid.shape, -1).astype(np.float32)}
                for path, values in found.items()
                if wanted is None or path in wanted
            ]
        return {"step": moment.step, **grid.told(), "layers": layers}

    def rows(self, moment: Moment, way: Way, asked: Arguments) -> dict[str, Any]:
        """Return a table of rows with what the network answers and what that costs, the worst first."""
        part = asked.choice("part", ("training", "held_out"), "training")
        order = asked.choice("order", ("worst", "given"), "worst")
        offset, count = asked.whole("offset", 0), asked.whole("count", 50, 1, 500)
        asked.done()
        material, batch = self.case.material, self.case.rows(way.loss, part)
        places = material.places(part)
        outputs = self.case.outputs_of(moment, way.loss, part) if len(places) else np.zeros((0, 1))
        with np.errstate(all="ignore"):
            losses = np.asarray(way.loss.rows(outputs, batch.y)) if len(places) else np.zeros(0)
        ranked = (
            np.argsort(-np.nan_to_num(losses, nan=np.inf), kind="stable")
            if order == "worst"
            else np.arange(len(places))
        )
        shown = ranked[offset : offset + count]
        answers = material.answers(outputs[shown])
        told = []
        for number, each in enumerate(shown):
            place = int(places[each])
            values = [material.text(place)] if material.letters else list(material.own(place).values())
            said = self.said(answers[number])
            truth = material.truth(place)
            told.append({"example": int(each), "number": material.number(place), "values": values, "answer": said,
                         "target": together(truth) if isinstance(truth, list) else truth,
                         "loss": float(losses[each])})  # fmt: skip
        names = ["text"] if material.letters else [column.name for column in material.columns]
        return {"step": moment.step, "part": part, "order": order, "offset": offset, "count": len(places),
                "columns": names if material.table is not None or material.letters else [], "rows": told}  # fmt: skip

    def said(self, answers: np.ndarray) -> str:
        """Return in words what is answered to one row, given its `Material.answers`."""
        if self.case.material.letters and answers.ndim == 2:
            return "".join(self.case.material.letters[int(code)] for code in answers.argmax(axis=-1))
        said: str = self.case.material.answer(_last(answers))["shown"]
        return said

    def norms(self, moment: Moment) -> dict[str, Any]:
        """Return the distribution before and after each normalising layer, on training rows, evaluated."""
        material = self.case.material
        places = material.training[:: max(1, -(-len(material.training) // PROBED))]
        _, taps = self.case.taps(moment, material.x[places])
        found = [tap for tap in taps if isinstance(tap.layer, NORMS)]
        if not found:
            raise InputError("norms: the network has no batch, layer or RMS norm; put one in, and look again")
        return {"step": moment.step, "layers": [self._norm(tap) for tap in found]}

    def _norm(self, tap: Any) -> dict[str, Any]:
        before, after = np.asarray(tap.inputs[0], np.float64), np.asarray(tap.output, np.float64)
        units: dict[str, np.ndarray] = {}
        for name, values in (("", before), ("_after", after)):
            flat = values.reshape(-1, values.shape[-1])
            units |= {f"mean{name}": flat.mean(axis=0), f"deviation{name}": flat.std(axis=0)}
        each = isinstance(tap.layer, BatchNorm)
        words = "each unit, over rows, by the running statistics" if each else "each row, over its units"
        return {"path": tap.path, "kind": type(tap.layer).__name__, "words": words, "before": distribution(before),
                "after": distribution(after), "units": units}  # fmt: skip


def distribution(values: np.ndarray) -> dict[str, Any]:
    """Return mean, deviation, range and a histogram of the finite numbers among some.

    >>> found = distribution(np.array([0.0, 1.0, np.nan]))
    >>> found["mean"], int(found["counts"].sum())
    (0.5, 2)
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        finite = np.zeros(1)
    counts, edges = np.histogram(finite, BINS)
    return {"mean": float(finite.mean()), "deviation": float(finite.std()), "low": float(finite.min()),
            "high": float(finite.max()), "edges": edges, "counts": counts.astype(np.int32)}  # fmt: skip


def _row(blame: np.ndarray | None) -> np.ndarray | None:
    """Return what belongs to the one row shown, where there is anything."""
    return None if blame is None else blame[0]


def _last(answers: np.ndarray) -> np.ndarray:
    """Return the answers of the last place, where a row has many."""
    last: np.ndarray = answers.reshape(-1, answers.shape[-1])[-1]
    return last


def _shown(value: Any) -> str:
    from cutaway.explain.figures import shown

    told = plain(value)
    return "missing" if told is None else shown(told) if isinstance(told, float) else str(told)
