"""Kernel ridge regression, against scikit-learn's and against learning anew without each row."""

import numpy as np
import pytest

from cutaway.diagnosis.kernel_ridge import KernelRidge, inverse_of_lower
from cutaway.diagnosis.simple_methods import distances, gaussian

sklearn = pytest.importorskip("sklearn")


def rows(count, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((count, 3))
    return x, np.column_stack([x[:, 0] ** 2, x[:, 1] * x[:, 2]])


def test_new_rows_and_each_of_its_own_left_out_in_turn():
    from sklearn.kernel_ridge import KernelRidge as Theirs

    x, y = rows(60)
    new, _ = rows(9, seed=1)
    known = KernelRidge(x, y, "numbers", 60)
    told, own = known.answers(new, x, y)

    def theirs(learned, asked):
        model = Theirs(alpha=2 * known.ridge, kernel="precomputed")  # K of a row with itself is 2
        alike = gaussian(distances(x[learned], x[learned]), known.width)
        return model.fit(alike, y[learned]).predict(gaussian(distances(asked, x[learned]), known.width))

    everyone = np.arange(60)
    np.testing.assert_allclose(told, theirs(everyone, new), rtol=1e-6)
    for row in (0, 17, 59):
        np.testing.assert_allclose(own[row], theirs(np.delete(everyone, row), x[row : row + 1])[0], rtol=1e-6)


def test_rows_beyond_those_it_learns_from_are_new_ones():
    x, y = rows(700)
    known = KernelRidge(x, y, "numbers", 96)
    told, own = known.answers(x, x, y)
    learned = np.arange(0, 700, 3)  # 256 at most
    others = np.setdiff1d(np.arange(700), learned)
    np.testing.assert_allclose(own[others], told[others])
    row = 300  # 300 is among them
    alike = gaussian(distances(x[learned[learned != row]]), known.width)
    alike[np.diag_indices(len(alike))] += 2 * known.ridge
    weights = np.linalg.solve(alike, y[learned[learned != row]])
    left_out = gaussian(distances(x[row : row + 1], x[learned[learned != row]]), known.width) @ weights
    np.testing.assert_allclose(own[row], left_out[0], rtol=1e-6)


def test_it_does_not_see_rows_that_are_the_same():
    assert not KernelRidge(np.ones((40, 2)), np.ones((40, 1)), "numbers", 96).sees


@pytest.mark.parametrize("count", [1, 2, 33, 200])
def test_the_inverse_of_a_triangle(count):
    x, _ = rows(count)
    lower = np.linalg.cholesky(gaussian(distances(x), 1.0) + 1e-3 * np.eye(count))
    found = inverse_of_lower(lower)
    np.testing.assert_allclose(found @ lower, np.eye(count), atol=1e-9)
    assert not np.triu(found, 1).any()
