import subprocess
import sys

import numpy as np
import pytest

from cutaway.data.bundled import BUNDLED, bundled, digit_pictures
from cutaway.errors import InputError


@pytest.mark.parametrize(
    ("name", "rows", "columns", "labels"),
    [
        ("iris", 150, 5, ["setosa", "versicolor", "virginica"]),
        ("wine", 178, 14, ["class_0", "class_1", "class_2"]),
        ("breast_cancer", 569, 31, ["benign", "malignant"]),
        ("digits", 1797, 65, list(range(10))),
        ("diabetes", 442, 11, None),
    ],
)
def test_sizes_and_labels(name, rows, columns, labels):
    table = bundled(name)
    assert (table.rows, len(table.names), table.names[-1]) == (rows, columns, BUNDLED[name])
    if labels is not None:
        assert sorted(set(table.columns[BUNDLED[name]].tolist())) == labels


def test_labels_belong_to_their_rows():
    table = bundled("breast_cancer")
    assert np.sum(table.columns["diagnosis"] == "malignant") == 212
    assert table.columns["mean radius"][0] == 17.99 and table.columns["diagnosis"][0] == "malignant"


def test_an_unknown_name_brings_the_nearest():
    with pytest.raises(InputError, match="did you mean 'iris'"):
        bundled("irises")


def test_nothing_heavy_is_imported_with_the_folder():
    names = "bundled columns encoders reading splits table targets writing frames cells opening dialect ragged"
    code = (
        f"import sys; [__import__('cutaway.data.' + name) for name in {names.split()}]; "
        "print([name for name in ('duckdb', 'sklearn', 'narwhals', 'pandas', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_digits_are_pictures_too(tmp_path):
    from PIL import Image
    from sklearn.datasets import load_digits

    assert digit_pictures(tmp_path / "digits") == 1797
    assert sorted(item.name for item in (tmp_path / "digits").iterdir()) == [str(digit) for digit in range(10)]
    loaded = load_digits()
    for place in (0, 11, 1796):
        picture = np.asarray(Image.open(tmp_path / "digits" / str(loaded.target[place]) / f"{place:04d}.png"))
        np.testing.assert_allclose(picture / 255 * 16, loaded.images[place], atol=0.05)
