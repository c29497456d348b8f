"""Small data sets that come with a dependency, as tables with readable columns."""

from __future__ import annotations

import numpy as np

from cutaway.data.suggestions import did_you_mean
from cutaway.data.table import Table, Values
from cutaway.errors import InputError

BUNDLED = {
    "iris": "species",
    "wine": "class",
    "breast_cancer": "diagnosis",
    "digits": "digit",
    "diabetes": "progression",
}
"""The data sets' names, and the column of each that is usually predicted."""


def bundled(name: str) -> Table:
    """One of the data sets in `BUNDLED`: the measured columns, and last the one usually predicted.

    Classes have their names (setosa, malignant, …); digits are the numbers 0 to 9.
    Raises `InputError` for another name.

    >>> bundled("iris").names
    ('sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)', 'species')
    """
    if name not in BUNDLED:
        raise InputError(f"no bundled data set '{name}'; {did_you_mean(name, BUNDLED)}")
    import sklearn.datasets as datasets

    load = getattr(datasets, f"load_{name}")
    # The diabetes measurements are shipped centred and scaled; the original units say more.
    loaded = load(scaled=False) if name == "diabetes" else load()
    columns: dict[str, Values] = {
        str(feature): loaded.data[:, place].astype(np.float64) for place, feature in enumerate(loaded.feature_names)
    }
    if name in ("digits", "diabetes"):
        columns[BUNDLED[name]] = loaded.target.astype(np.float64)
    else:
        named = np.array([str(label) for label in loaded.target_names], dtype=object)
        columns[BUNDLED[name]] = named[loaded.target]
    return Table(columns, name)
