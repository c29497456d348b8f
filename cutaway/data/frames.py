"""Data frames of any make, arrays by name, records and matrices, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway.data.cells import EXACT
from cutaway.data.dialect import unique_names
from cutaway.data.table import Values
from cutaway.errors import InputError

EXPECTED = (
    "expected a path, a data frame (pandas, polars, pyarrow), a dict of columns, a list of records "
    "or a two-dimensional array"
)


def columns_of(data: Any) -> tuple[dict[str, Values], dict[str, Values]]:
    """The columns of `data`, and those of them that are text, by place (c0, c1, …), still to be understood.

    Raises `InputError` for anything that is not a table.
    """
    arrays = _arrays(data)
    names, _, _ = unique_names(list(arrays))
    columns: dict[str, Values] = {}
    texts: dict[str, Values] = {}
    for place, (name, values) in enumerate(zip(names, arrays.values(), strict=True)):
        columns[name] = _plain(name, values)
        if columns[name].dtype.kind == "O" and any(isinstance(value, str) for value in columns[name]):
            texts[f"c{place}"] = columns[name]
    return columns, texts


def _arrays(data: Any) -> dict[str, Any]:
    if isinstance(data, np.ndarray):
        if data.ndim != 2:
            raise InputError(f"an array of shape {data.shape} is not a table; {EXPECTED}")
        return {f"x{place}": data[:, place] for place in range(data.shape[1])}
    if isinstance(data, Mapping):
        for name, values in data.items():
            if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
                raise InputError(
                    f"column '{name}' is {values!r}; expected a list of values, one a row, as [{values!r}]"
                )
        return {str(name): values for name, values in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        if not all(isinstance(record, Mapping) for record in data):
            raise InputError(f"a list of {type(data[0]).__name__} is not a table; {EXPECTED}")
        names = list(dict.fromkeys(name for record in data for name in record))
        return {str(name): [record.get(name) for record in data] for name in names}
    import narwhals as nw

    try:
        frame = nw.from_native(data)
    except TypeError as fault:
        raise InputError(f"{type(data).__name__} is not a table; {EXPECTED}") from fault
    eager: Any = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return {str(series.name): _from_series(series, nw) for series in eager.iter_columns()}


def _from_series(series: Any, nw: Any) -> Any:
    kind = series.dtype
    if kind.is_numeric() and not isinstance(kind, nw.Decimal) and not series.is_null().any():
        return series.to_numpy()
    if isinstance(kind, nw.Datetime) and kind.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return series.to_list()


def _plain(name: str, values: Any) -> Values:
    """One column as float64, bool, datetime64[us] or object with None where a value is missing."""
    array = values if isinstance(values, np.ndarray) else _from_list(name, values)
    if array.ndim != 1:
        raise InputError(f"column '{name}' has shape {array.shape}; one value a row was expected")
    if array.dtype.kind in "iu" and len(array) and max(abs(int(array.min())), int(array.max())) >= EXACT:
        return array.astype(str).astype(object)  # codes: float64 would lose their last digits
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]")
    if array.dtype.kind in "bOU":
        return _from_objects(name, array.tolist()) if array.dtype.kind in "OU" else array
    raise InputError(f"column '{name}' holds {array.dtype}; expected numbers, text, dates or booleans")


def _from_list(name: str, values: Any) -> Values:
    try:
        listed = list(values)
    except TypeError as fault:
        kind = type(values).__name__
        raise InputError(f"column '{name}' is one {kind}; expected a list or array of values") from fault
    return _from_objects(name, listed)


def _from_objects(name: str, listed: list[Any]) -> Values:
    import datetime
    import numbers

    cells = [None if _is_missing(value) else value for value in listed]
    filled = [value for value in cells if value is not None]
    if not filled:
        return np.full(len(cells), np.nan)
    if all(isinstance(value, (bool, np.bool_)) for value in filled):
        truths = np.array([None if value is None else bool(value) for value in cells], dtype=object)
        return truths if len(filled) < len(cells) else truths.astype(np.bool_)
    if all(isinstance(value, numbers.Real) or _is_decimal(value) for value in filled):
        return np.array([np.nan if value is None else float(value) for value in cells])
    if all(isinstance(value, (datetime.date, np.datetime64)) for value in filled):
        days = [np.datetime64("NaT", "us") if value is None else np.datetime64(_naive(value), "us") for value in cells]
        return np.array(days, dtype="datetime64[us]")
    for row, value in enumerate(cells):
        if isinstance(value, (list, tuple, dict, set, bytes, np.ndarray)):
            raise InputError(
                f"column '{name}', row {row}: holds a {type(value).__name__}; expected one number, text, "
                "date or boolean a cell"
            )
    return np.array([None if value is None else str(value) for value in cells], dtype=object)


def _naive(value: Any) -> Any:
    import datetime

    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value.to_datetime64() if hasattr(value, "to_datetime64") else value


def _is_decimal(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, Decimal)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (list, tuple, dict, set, bytes, np.ndarray)):
        return False
    # NaN and NaT differ from themselves; pandas.NA refuses to be compared at all.
    return type(value).__name__ == "NAType" or bool(value != value)
