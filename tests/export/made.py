"""Runs to be exported, made without training: random weights say as much about an export as learned ones."""

import numpy as np

from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table
from cutaway.data.several_targets import LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.layers import Blend, Ensemble
from cutaway.recipes.realmlp import realmlp
from cutaway.recipes.tabm import tabm
from cutaway.runs.table_run import TableRun

HEADER = "age,income,town,colour,member,sold,note,code,price,kind,sweet,red"
TOWNS = ["Delft", "Gouda", "Leiden", "Utrecht", "Zwolle", "Breda", "Assen", "Goes", "Tiel", "Venlo", "Weert", "Hoorn"]
WORDS = ["good", "bad", "wine", "cheese", "very", "Très", "old", "new", "shop", "tea"]


def csv_rows(rows=240, seed=0, strange=False):
    """The lines of a table with every kind of column and what is usual in files: blanks, units, missing values."""
    random = np.random.default_rng(seed)
    lines = [HEADER]
    for row in range(rows):
        note = " ".join(random.choice(WORDS, random.integers(3, 9)))
        year, month, day = 2018 + random.integers(5), random.integers(1, 13), random.integers(1, 29)
        price = round(float(random.normal(50, 20)), 2)
        cells = [
            "" if random.random() < 0.1 else str(random.integers(18, 90) + random.integers(2) / 2),
            f'"${random.integers(1, 90)},{random.integers(100, 999)}.50"' if row % 3 else "NA",
            str(random.choice(TOWNS)) if not strange or row % 4 else "Oz",
            ["red", "green", " blue", "n/a"][random.integers(4)],
            ["Yes", "no"][random.integers(2)],
            f"{month}/{day}/{year}" if row % 7 else "",
            f"{note} number {row}",
            str([3, 5, 70, 9, 11, 12, 14, 15, 16, 17, 18][random.integers(11)]) if row % 9 else "",
            str(price),
            ["cat", "dog", "eel"][random.integers(3)],
            str(random.integers(2)),
            str(random.integers(2)),
        ]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def targets(table):
    """A target of each kind."""
    return {
        "classes": ClassTarget("kind", ("cat", "dog", "eel"), temperature=1.7),
        "two classes": ClassTarget("member", ("Yes", "no"), threshold=0.31),
        "number": NumberTarget.fit("price", table.columns["price"]),
        "numbers": NumbersTarget.fit(table, ("price", "age")),
        "labels": LabelsTarget(("sweet", "red")),
    }


def members_of(network, count, seed=5):
    """An ensemble whose members differ."""
    arrays, random = {**network.parameters(), **network.state()}, np.random.default_rng(seed)
    made = {
        p: np.stack([a + 0.3 * random.normal(size=a.shape).astype(a.dtype) for _ in range(count)])
        for p, a in arrays.items()
    }
    return Ensemble(network, {p: made[p] for p in network.parameters()}, {p: made[p] for p in network.state()})


def within_range(ensemble, x):
    """The same, the last layer scaled so that of `x` no output is more than 1.5 deviations from the mean.

    Numbers are clipped to the range in training: of networks with random weights nearly all would be one of its ends,
    and to compare these would say nothing about the network.
    """
    params, state = {**ensemble.params}, dict(ensemble.state)
    last = list(params)[-1].rpartition(".")[0]
    largest = max(float(np.abs(member(x)).max()) for member in ensemble) / 1.5
    params |= {path: array / np.float32(largest) for path, array in params.items() if path.startswith(f"{last}.")}
    made = Ensemble(ensemble.network, params, state)
    assert max(float(np.abs(member(x)).max()) for member in made) < 1.501
    return made


def table_run(place, target="classes", network="ensemble", drop=(), text=("note",), date=("sold",)):
    """A run on the table at `place`: an ensemble of RealMLP's shape, or a blend of that and TabM's."""
    table = read_table(place)
    known = targets(table)[target]
    columns = (
        ["price", "kind", "sweet", "red"] + ["member"] * (target == "two classes") + ["age"] * (target == "numbers")
    )
    table = table.select(np.arange(table.rows))
    if target == "numbers":
        table.columns["age"] = np.nan_to_num(table.columns["age"], nan=40.0)
    out = [name for name in columns if name != known.column] + list(drop)
    main = known.column if known.column in table.columns else "price"
    described = describe_columns(
        table, main, drop=[name for name in out if name != main], number=["income"], category=["code"],
        text=[name for name in text if name not in out], date=[name for name in date if name not in out],
    )  # fmt: skip
    coded = encoded_target(table, known)
    encoder = TableEncoder.fit(table, described, target=coded if coded.ndim == 1 else coded[:, 0])
    x = encoder.transform(table)
    recipe = realmlp(encoder.numbers, encoder.code_sizes, known, neurons=8, depth=2)
    bounded = within_range if target in ("number", "numbers") else lambda ensemble, x: ensemble
    first = bounded(members_of(recipe.network.build(x[:64], 1), 2), x)
    whole = first
    if network == "blend":
        other = tabm(encoder.numbers, encoder.code_sizes, known, epochs=1, batch_size=8, members=3)
        whole = Blend([first, bounded(members_of(other.network.build(x[:64], 2), 1), x)], [0.25, 0.75])
    elif network == "one":
        whole = first[0]
    return TableRun(network=whole, preprocessing=encoder, target=known, columns=described)
