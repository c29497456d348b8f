import json
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import fsum, prod
from pathlib import Path

import numpy as np
import pytest

from cutaway.explain.figures import shortened, shown

CASES = {
    "alike": [(1 / 3,)] * 3,
    "long": [(w, x) for w, x in np.random.default_rng(0).standard_normal((784, 2)).tolist()],
    "of very different size": [(1e9,), (1e-9,), (-1e9,), (3.0, 1e-9)],
    "cancelling": [(1.0,), (-1.0,), (1e-7,)],
    "tiny": [(1e-12, 3.0), (2e-13, 1.0)],
    "huge": [(1e30, 7.0), (-3e29,)],
    "zeros": [(0.0, 5.0), (0.0,)],
    "one": [(0.7, -0.5)],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("most", [1, 6, 1000])
def test_what_is_shown_adds_up_exactly_and_is_near_the_truth(name, most):
    factors = CASES[name]
    found = shortened(factors, most)
    assert sum(found.terms, Decimal(0)) + found.rest == found.total
    assert len(found.terms) + found.more == len(factors)
    exact = fsum(prod(parts) for parts in factors)
    unit = max([abs(exact), *(abs(prod(parts)) for parts in factors)], default=1) * 1e-3
    assert abs(float(found.total) - exact) <= unit
    for parts, term in zip(found.factors, found.terms, strict=True):
        assert abs(float(term) - prod(parts)) <= 2 * unit


def test_the_largest_terms_are_shown_and_the_bias_always():
    found = shortened([(1.0, n) for n in (5.0, -9.0, 1.0, 7.0)] + [(0.001,)], most=2, last=1)
    assert found.factors == ((1.0, -9.0), (1.0, 7.0), (0.001,))
    assert found.more == 2
    assert str(found.rest) == "6.000"


def test_numbers_as_a_person_reads_them():
    assert [shown(value) for value in (0.1 + 0.2, -1234567.0, 1e-5, float("inf"), float("-inf"), float("nan"))] == [
        "0.3", "−1234567", "1·10⁻⁵", "∞", "−∞", "NaN",
    ]  # fmt: skip


def test_a_sum_that_is_not_finite_says_so():
    assert str(shortened([(float("inf"),), (1.0,)])) == "NaN"


ALIKE = Path(__file__).parents[2] / "web" / "tests" / "figures.json"


@pytest.mark.parametrize(("value", "digits", "words"), json.loads(ALIKE.read_text(encoding="utf-8")))
def test_numbers_are_written_as_the_page_writes_them(value, digits, words):
    # The page's own test reads the same table: many lie in the middle of two numbers of so many digits.
    assert shown(value, digits) == words
    kept = digits if abs(value) >= 1e9 else max(digits, len(str(int(abs(value)))))
    rounded = Context(prec=kept, rounding=ROUND_HALF_EVEN).create_decimal(repr(float(value)))
    digits, _, power = words.replace("−", "-").partition("·10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    assert Decimal(digits).scaleb(exponent) == rounded
