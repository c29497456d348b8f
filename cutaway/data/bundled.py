"""Small data sets that come with a dependency, as tables with readable columns; digits also as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cutaway.atomic import complete_folder
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


def digit_pictures(folder: Path) -> int:
    """Write scikit-learn's digits as pictures of 8 × 8 pixels, a folder for each digit, and return how many they are.

    The folder appears complete or not at all. Raises `InputError` where it cannot be written.
    """
    import sklearn.datasets as datasets
    from PIL import Image

    loaded = datasets.load_digits()
    pixels = np.round(loaded.images * (255 / 16)).astype(np.uint8)
    with complete_folder(folder) as part:
        for place, (picture, digit) in enumerate(zip(pixels, loaded.target, strict=True)):
            (part / str(digit)).mkdir(exist_ok=True)
            Image.fromarray(picture).save(part / str(digit) / f"{place:04d}.png")
    return len(pixels)
