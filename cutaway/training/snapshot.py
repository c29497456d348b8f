"""Where a training is, as arrays and plain data, and back: going on from there gives the same weights, bit by bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.errors import InputError
from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.checkpoint import Checkpoint
from cutaway.storage.header import strict_header
from cutaway.storage.record_lines import line_of, record_from
from cutaway.training.step import Carry

if TYPE_CHECKING:
    from cutaway.training.loop import Loop

# The carries of a training, and the parts of each; which of the members improved, were undone, gave up or stopped.
CARRIES = ("carry", "good", "best")
MEMBERS = ("best", "best_epoch", "waiting_ended", "undone", "gave_up", "since")


def of(loop: Loop, epoch: int, done: int, total: Any) -> Checkpoint:
    """Return where a training is that has done so many steps of an epoch, `total` being their Σ loss · weight.

    With what is not kept, the order of rows, the draws of dropout and the place in the schedule, everything follows
    from seed, epoch and step.
    """
    arrays = {"total": loop.engine.read(total)}
    for name in CARRIES:
        carry: Carry = getattr(loop, name)
        for part, values in carry._asdict().items():
            arrays |= {f"{name}/{part}/{path}": array for path, array in loop.engine.fetch(values).items()}
    arrays |= {f"members/{name}": np.asarray(getattr(loop.members, name)) for name in MEMBERS}
    best_mean = loop.members.best_mean
    facts = {
        "epoch": epoch,
        "done": done,
        "epochs": loop.epochs,
        "step": loop.step,
        "seconds": loop.elapsed(),
        "compiled": loop.compiled,
        "observed": loop.watching.spent,
        "looked": loop.watching.looked,
        "best_mean": best_mean if np.isfinite(best_mean) else None,
    }
    # As text in an array: the header of a file has a largest size, and epochs may be many.
    lines = "\n".join(map(line_of, _told(loop)))
    arrays["records"] = np.frombuffer(lines.encode(), np.uint8)
    return Checkpoint(arrays, facts)


def restore(loop: Loop, checkpoint: Checkpoint) -> None:
    """Put a training that has just begun to where a checkpoint says; listeners hear again what was told until then.

    Raises `ModelFileError` for a checkpoint that is not of this training's network and rows.
    """
    arrays, facts = dict(checkpoint.arrays), checkpoint.facts
    try:
        for name in CARRIES:
            setattr(loop, name, loop.engine.start(_carry(loop, name, arrays)))
        for name in MEMBERS:
            setattr(loop.members, name, _like(getattr(loop.members, name), arrays.pop(f"members/{name}"), name))
        loop.from_total = _like(loop.zero, arrays.pop("total"), "total")
        loop.from_epoch, loop.from_step = _whole(facts, "epoch") - 1, _whole(facts, "done")
        loop.epochs, loop.step = _whole(facts, "epochs"), _whole(facts, "step")
        loop.watching.looked, loop.watching.spent = _whole(facts, "looked"), _seconds(facts, "observed")
        loop.compiled = _seconds(facts, "compiled")
        loop.members.best_mean = np.inf if facts["best_mean"] is None else _number(facts, "best_mean")
        loop.began = time.perf_counter() - _seconds(facts, "seconds")
        lines = _like_text(arrays.pop("records")).split("\n")
        records = [record_from(strict_header(line)) for line in lines if line]
    except (KeyError, TypeError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise ModelFileError(f"the checkpoint is not of this training: {fault!r}") from fault
    planned = loop.epochs <= loop.plan.epochs  # a limit may have left fewer
    if arrays or not planned or not 0 <= loop.from_epoch < loop.epochs or not 0 <= loop.from_step <= loop.per_epoch:
        raise ModelFileError("the checkpoint is not of this training: it has other arrays, or another number of steps")
    kept: dict[type, list[Any]] = {
        StepRecord: loop.trained.history, LayerVitals: loop.trained.vitals, Event: loop.trained.events,
        NetworkVitals: loop.trained.network_vitals,
    }  # fmt: skip
    for record in records:
        loop.tell(record, kept[type(record)])


def _told(loop: Loop) -> list[Any]:
    """Return what was told so far, in the order of steps."""
    trained = loop.trained
    return sorted(
        [*trained.events, *trained.vitals, *trained.network_vitals, *trained.history],
        key=lambda record: int(record.step),
    )


def _carry(loop: Loop, name: str, arrays: dict[str, np.ndarray]) -> Carry:
    now: Carry = getattr(loop, name)
    return Carry(
        *(
            {path: _like(array, arrays.pop(f"{name}/{part}/{path}"), path) for path, array in values.items()}
            for part, values in now._asdict().items()
        )
    )


def _like(now: Any, found: np.ndarray, name: str) -> np.ndarray:
    """Return an array, after checking that it has the shape and the type of what is in its place now."""
    if tuple(found.shape) != tuple(now.shape) or found.dtype != now.dtype:
        raise ModelFileError(
            f"the checkpoint is not of this training: {name!r} is {found.dtype} {found.shape}, "
            f"expected {now.dtype} {tuple(now.shape)}"
        )
    return found


def _number(facts: dict[str, Any], name: str) -> float:
    value = facts[name]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 1e300:
        raise ModelFileError(f"the checkpoint says {name} is {value!r:.40}, expected a number")
    return float(value)


def _seconds(facts: dict[str, Any], name: str) -> float:
    value = _number(facts, name)
    if not 0 <= value < 1e12:
        raise ModelFileError(f"the checkpoint says {name} is {value!r}, expected seconds")
    return value


def _like_text(found: np.ndarray) -> str:
    if found.dtype != np.uint8 or found.ndim != 1:
        raise ModelFileError(f"the checkpoint's records are {found.dtype} {found.shape}, expected bytes")
    return found.tobytes().decode()


def _whole(facts: dict[str, Any], name: str) -> int:
    value = facts[name]
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 53:
        raise ModelFileError(f"the checkpoint says {name} is {value!r:.40}, expected a whole number")
    return value
