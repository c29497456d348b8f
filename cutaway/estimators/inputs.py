"""What arrives at an estimator, checked as scikit-learn checks it, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length, validate_data

from cutaway.data.columns import Column, ColumnKind, describe_columns
from cutaway.data.kinds import measured
from cutaway.data.reading import table_from
from cutaway.data.table import Table, Values, missing_mask
from cutaway.errors import InputError

Array = NDArray[Any]

# What a column of a data frame is taken for that training on a file would leave out, by the type of its values.
KIND_OF_TYPE = {"f": ColumnKind.NUMBER, "b": ColumnKind.BOOLEAN, "M": ColumnKind.DATE, "O": ColumnKind.CATEGORY}


def is_frame(data: Any) -> bool:
    """Return whether `data` is a data frame: pandas, polars, pyarrow, or what narwhals knows besides.

    >>> is_frame(np.zeros((2, 2)))
    False
    """
    import narwhals as nw

    return bool(nw.dependencies.is_into_dataframe(data))


def input_table(
    estimator: Any, x: Any, *, reset: bool, names: Sequence[str] = (), european: Mapping[str, bool] | None = None
) -> Table:
    """Return the inputs as a table, and have the estimator learn, or with `reset=False` check, their number and names.

    names     what the columns were called when it was fitted: a column is known by its place
    european  how cells of text that can be meant in two ways were read then, see `Table`

    An array is numbers, NaN where one is missing; a data frame may hold categories, booleans, dates and text. Raises
    `ValueError` as scikit-learn does: for other shapes, sparse matrices, infinite values, no rows, other columns.
    """
    if is_frame(x):
        validate_data(estimator, x, reset=reset, skip_check_array=True)
        named = x if hasattr(estimator, "feature_names_in_") else _by_place(x)
        table = table_from(named, european)
        _check_finite(table)
    elif type(x) in (str, dict):
        raise InputError(
            f"X is a {type(x).__name__}; expected an array or a data frame: `cutaway.train` reads files and columns by "
            "name"
        )
    else:
        checked = validate_data(estimator, x, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        table = Table({f"x{place}": checked[:, place] for place in range(checked.shape[1])}, "array")
    if not names:
        return table
    return replace(table, columns=dict(zip(names, table.columns.values(), strict=True)))


def _by_place(frame: Any) -> dict[str, Any]:
    """Return the columns of a data frame whose names are no text, such as pandas' 0, 1, …, under names of ours."""
    import narwhals as nw

    return {f"x{place}": series.to_list() for place, series in enumerate(nw.from_native(frame).iter_columns())}


def _check_finite(table: Table) -> None:
    """Raise `InputError` for an infinite value, with its place."""
    for name, values in table.columns.items():
        infinite = np.flatnonzero(np.isinf(values)) if values.dtype.kind == "f" else np.zeros(0, np.int64)
        if len(infinite):
            raise InputError(
                f"column '{name}', row {infinite[0]}: {values[infinite[0]]} is infinite ({len(infinite)} such row(s)); "
                "expected finite numbers, or NaN where one is missing"
            )


def described(table: Table, inputs: Sequence[str], target: str, frame: bool) -> list[Column]:
    """Return what each input column is; every one is used.

    Columns of an array are numbers. Those of a data frame are told apart as `train` does, but identifiers, copies
    and constants stay: who calls `fit` has chosen the columns.
    """
    if not frame:
        return [_as_number(name, table.columns[name]) for name in inputs]
    narrow = Table({name: table.columns[name] for name in (*inputs, target)}, table.source, european=table.european)
    return [
        column
        if column.kind.used
        else replace(
            column,
            kind=KIND_OF_TYPE[table.columns[column.name].dtype.kind],
            reason=f"{column.reason.split(': ')[0]}; used, as given to fit",
        )
        for column in describe_columns(narrow, target)
    ]


def _as_number(name: str, values: Values) -> Column:
    missing = missing_mask(values)
    present = values[~missing]
    distinct = len(np.unique(present))
    words = measured(present, distinct) if len(present) else "missing in every row"
    return Column(name, ColumnKind.NUMBER, f"{words}: a column of an array", int(missing.sum()), distinct)


def row_weights(x: Any, weight: Any) -> NDArray[np.float64] | None:
    """Return how much each row counts, checked; None where nothing is said. `ValueError` for weights below zero."""
    if weight is None:
        return None
    checked: NDArray[np.float64] = _check_sample_weight(weight, x, dtype=np.float64, ensure_non_negative=True)
    if not checked.any():
        raise InputError(
            "sample_weight: all sample weights are zero, so no row counts; expected at least one above zero"
        )
    return checked


def target_array(estimator: Any, x: Any, y: Any, *, numeric: bool) -> Array:
    """Return y as an array (rows,) or (rows, columns), finite and as long as x; see `input_table` for errors."""
    if y is None:
        raise InputError(f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None")
    if hasattr(y, "toarray"):
        y = y.toarray()  # scikit-learn's label binariser makes sparse indicators
    checked: Array = check_array(
        y, ensure_2d=False, dtype=np.float64 if numeric else None, input_name="y", estimator=estimator
    )
    if checked.ndim > 2:
        raise InputError(f"y has shape {checked.shape}; expected (rows,) or (rows, columns)")
    check_consistent_length(x, checked)
    return checked
