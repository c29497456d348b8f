"""Explaining one answer of a run: a row of a table, a text, a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.data.several_targets import LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget
from cutaway.errors import InputError
from cutaway.explain.answers import clipped_notes, loss_of, which_of
from cutaway.explain.figures import shown
from cutaway.explain.picture import PictureExplanation
from cutaway.explain.record import Trace
from cutaway.explain.row import (
    RowExplanation,
    as_written,
    check_row,
    columns_of,
    row_shares,
    usual_row,
    usual_value,
    usual_words,
)
from cutaway.explain.saliency import filters, saliency
from cutaway.explain.text import TextExplanation, text_explained
from cutaway.explain.trace import trace
from cutaway.layers import Blend, Ensemble, Layer, MemberDense
from cutaway.losses import MeanOverMembers
from cutaway.runs.landscape import rows_again

if TYPE_CHECKING:
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.run import Run
    from cutaway.runs.table_run import TableRun
    from cutaway.runs.text_run import TextRun


def explain_row(
    run: TableRun,
    x: Any = None,
    row: int = 0,
    *,
    class_: Any = None,
    against: int | None = None,
    member: int | None = None,
) -> RowExplanation:
    """Return why a run answers as it does for one row: what each column contributed, and every number on the way.

    x        what holds the row, as `predict` takes it; the file that the run learned from, if not said
    row      which of its rows, counted from 0
    class_   the class, label or column whose score is explained; what is predicted, if not said
    against  the row that it is compared with, counted from 0; what is usual, if not said
    member   whose ledger is shown, of several networks; the first, if not said

    The contributions are of all networks together, and add up to the difference between the two answers. Raises
    `InputError` for a row, a class or a network that is not there, and where the file is gone or has changed.
    """
    table = rows_again(run, x, "explain")
    whole = table if run.preprocessing.series is None else run.preprocessing.series.after(table)
    place = check_row(row, whole.rows, table.source)
    one = whole.select(np.array([place]))
    predictions = run.predictions(one)
    encoded, _ = run.preprocessing.transform_counted(one)
    answer = predictions.values if predictions.probabilities is None else predictions.probabilities
    asked = predictions.values[0] if isinstance(run.target, ClassTarget) and class_ is None else class_
    asked = int(asked) if isinstance(asked, float) and asked.is_integer() else asked
    which, score = which_of(run.target, asked, np.asarray(answer[0]))
    usual = {each.column: usual_value(each) for each in run.preprocessing.encoders}
    baseline, words = usual_row(run.preprocessing), usual_words(run.preprocessing)
    if against is not None:
        place = check_row(against, whole.rows, table.source)
        other = whole.select(np.array([place]))
        baseline, words = run.preprocessing.transform_counted(other)[0][0], f"row {place + 1}"
        usual = {
            name: as_written(other.columns[name][0]) if name in other.columns else "not there"
            for name in run.preprocessing.columns
        }
    shares = row_shares(run.network, run.preprocessing, run.target, which, encoded[0], baseline)
    columns = columns_of(run.preprocessing, one.columns, encoded[0], shares.values, usual)
    ledger, truth = _ledger(run, one, encoded, which, member)
    notes = [*predictions.counts.sentences(), *clipped_notes(run.target, which, shares.output, shares.at_baseline)]
    return RowExplanation(
        f"{Path(table.source).name}, row {row + 1}", _said(run, predictions), truth, score, words, columns, shares,
        ledger, tuple(notes),
    )  # fmt: skip


def explain_text(run: TextRun, text: str) -> TextExplanation:
    """Return what a run makes of a text: how surprising each token is, where each head looks, and what comes next.

    Of a text longer than the run's context the last tokens count. Raises `InputError` for a text that is empty or
    holds characters that the run does not know.
    """
    if not isinstance(text, str) or not text:
        raise InputError(f"explain: got the text {text!r}, expected some letters")
    strangers = run.strangers(text)
    if strangers:
        told = ", ".join(map(repr, list(strangers)[:5]))
        raise InputError(f"explain: the text holds {told}, which training did not; leave them out")
    windows = run.preprocessing
    tokens = windows.tokens.encode(text)[-windows.context :]
    if not len(tokens):
        raise InputError("explain: the text holds nothing that the run knows; expected some letters")
    assert isinstance(run.network, Layer)
    return text_explained(run.network, tokens, [windows.tokens.decode([number]) for number in range(windows.outputs)])


def explain_picture(run: PictureRun, picture: Any, class_: Any = None, member: int | None = None) -> PictureExplanation:
    """Return which pixels a run's answer for a picture depends on, and the network's first filters.

    picture   a file, or pixels as `predict` takes them
    class_    the class whose score is explained; what is predicted, if not said
    member    which of several networks; the first, if not said

    Raises `InputError` for a file that is no picture, and a class or a network that is not there.
    """
    encoder, target = run.preprocessing, run.target
    is_file = isinstance(picture, (str, Path))
    try:
        pixels = encoder.encode_file(picture) if is_file else encoder.encode_arrays(np.asarray(picture)[None])[0]
    except InputError as fault:
        raise InputError(f"{picture if is_file else 'explain'}: {fault}") from fault
    chances = run.predictions(pixels[None]).probabilities[0]
    place = which_of(target, class_, chances)[0]
    found = saliency(run.network, pixels, place, _chosen(run.network, member))
    try:
        windows = filters(run.network)
    except InputError:  # no convolution
        windows = np.zeros((0, 1, 1, 1))
    ranked = sorted(zip(map(str, target.labels), chances.tolist(), strict=True), key=lambda pair: -pair[1])
    name = Path(picture).name if is_file else "picture"
    return PictureExplanation(name, str(target.labels[place]), tuple(ranked), found, windows)


def load_network(path: Path) -> Layer:
    """Return the network of an ONNX file; raises `InputError` where it holds what there is no layer for."""
    from cutaway.export.from_onnx import from_onnx

    return from_onnx(path)


def explain_rows(
    network: Run | Layer, rows: Path, row: int = 0, output: Any = None, member: int | None = None
) -> Trace:
    """Return the ledger of a network for one row of an array, a file .npy.

    output   which output is explained, counted from 0; the largest, if not said

    Raises `InputError` for a file that is no array, and a row or an output that is not there.
    """
    try:
        array = np.load(rows, allow_pickle=False)
    except (OSError, ValueError, EOFError) as fault:
        raise InputError(f"{rows}: cannot be read as an array ({fault}); save one with numpy.save") from fault
    if not isinstance(array, np.ndarray) or array.ndim < 2:
        shape = f"an array of shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        raise InputError(f"{rows}: holds {shape}, expected one of rows, (batch, …)")
    place = check_row(row, len(array), str(rows))
    if output is not None and not str(output).isdecimal():
        raise InputError(f"explain: the network has outputs by number, from 0, and no class {output!r}")
    net = network if isinstance(network, Layer) else network.network
    one = array[place : place + 1]
    if not np.isfinite(one).all():
        where = tuple(int(axis) for axis in np.argwhere(~np.isfinite(one))[0][1:])
        raise InputError(
            f"{rows}: row {place + 1} holds {one[0][where]} at {where}, which is no finite number: there is no answer "
            "for it; correct the row, or choose another"
        )
    return trace(net, one, output=None if output is None else int(output), member=member)


def _ledger(run: TableRun, one: Table, encoded: np.ndarray, which: int, member: int | None) -> tuple[Trace, str]:
    """Return the trace of one network for the row, of its loss where the row has a target, and that in words."""
    chosen = _chosen(run.network, member)
    truth = ""
    target = run.target
    names = target.columns if isinstance(target, (LabelsTarget, NumbersTarget)) else (target.column,)
    try:
        y = encoded_target(one, target)
        truth = ", ".join(as_written(one.columns[name][0]) for name in names)
    except InputError:  # the row has no target, or none that training knew
        return trace(run.network, encoded, output=which, member=chosen), ""
    loss = loss_of(target)
    first: Any = run.network
    while isinstance(first, (Blend, Ensemble)):
        first = first.parts[0] if isinstance(first, Blend) else first.network
    if any(isinstance(layer, MemberDense) for _, layer in first.named_layers()):
        loss = MeanOverMembers(loss)
    return trace(run.network, encoded, y, loss, member=chosen), truth


def _chosen(network: Any, member: int | None) -> int | None:
    """Return which of several networks is meant, None for the only one; `InputError` where it is not there."""
    count = len(network) if isinstance(network, (Blend, Ensemble)) else 1
    if member is not None and not 0 <= member < count:
        raise InputError(f"explain: network {member + 1} is not there; the run has {count}")
    return None if not isinstance(network, (Blend, Ensemble)) else member or 0


def _said(run: TableRun, predictions: Any) -> str:
    """Return what is predicted, in words."""
    value = predictions.values[0]
    if predictions.probabilities is None:
        if isinstance(run.target, NumbersTarget):
            return ", ".join(f"{name} {shown(float(v))}" for name, v in zip(run.target.columns, value, strict=True))
        return f"{run.target.column} {shown(float(value), 6)}"
    if isinstance(run.target, LabelsTarget):
        pairs = zip(run.target.columns, predictions.probabilities[0].tolist(), strict=True)
        return ", ".join(f"{name} {100 * p:.1f} %" for name, p in pairs)
    probability = predictions.probabilities[0].tolist()[[str(c) for c in run.classes].index(_label(value, run))]
    return f"{run.target.column} {as_written(value)}, probability {100 * probability:.1f} %"


def _label(value: Any, run: TableRun) -> str:
    names = [str(each) for each in run.classes]
    return next((name for name in (str(value), as_written(value)) if name in names), names[0])
