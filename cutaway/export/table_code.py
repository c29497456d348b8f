"""The code by which a written file turns a table's rows into what a network sees, and its outputs into answers."""

from __future__ import annotations

from typing import Any

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.category_encoder import CategoryEncoder
from cutaway.data.date_encoder import DateEncoder
from cutaway.data.encoders import Encoder, TableEncoder
from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.export.sources import Sources


def table_code(encoder: TableEncoder, target: AnyTarget, sources: Sources) -> list[str]:
    """Return the functions `encoded`, `answers`, `predict` and, where there are probabilities, `predict_proba`."""
    sources.use("numpy_table", "read_csv", "typed", "check_columns")
    lines = [
        "def encoded(rows: Rows, semicolons: bool = False) -> Array:",
        '    """The columns as the numbers that the network sees, side by side."""',
        f"    check_columns(rows, {list(encoder.columns)[:8]!r})",
    ]
    if encoder.series is not None:
        sources.use("numpy_table", "looked_back")
        series = encoder.series
        read = {name: way for name, way in encoder.european.items() if name in (series.time, *series.columns)}
        asked = f"{series.time!r}, {series.lags}, {list(series.columns)!r}, {series.group!r}, {read!r}"
        lines.append(f"    rows = looked_back(rows, {asked})")
    lines += [
        "",
        "    def cells(name: str) -> list[Any]:",
        "        return [row.get(name) for row in rows]",
        "",
        "    columns = [",
        *(f"        {_column(each, encoder.european, sources)}," for each in encoder.encoders),
        "    ]",
        "    return np.concatenate(columns, axis=1).astype(np.float32)",
    ]
    answer = {ClassTarget: "probabilities", LabelsTarget: "each_by_itself"}.get(type(target), "plain")
    sources.use("numpy_table", answer)
    return ["\n".join(lines), answers(answer), *_decoding(target, sources), _script(target)]


def answers(function: str, dtype: str = "float64") -> str:
    """Return the function `answers`, which averages what `function` makes of each network's outputs."""
    double = "z" if dtype == "float64" else "z.astype(np.float64)"
    return (
        "def answers(x: Array) -> Array:\n"
        '    """The mean answer of the networks."""\n'
        f"    return sum(share * {function}({double}) for share, z in outputs(x.astype(np.{dtype})))"
    )


def _column(encoder: Encoder, european: dict[str, bool], sources: Sources) -> str:
    name = encoder.column
    way = f"{european[name]}, known=True" if name in european else "semicolons"
    values = f"typed(cells({name!r}), {way})"
    if isinstance(encoder, NumberEncoder):
        sources.use("numpy_table", "number")
        return f"number({values}, centre={encoder.centre!r}, spread={encoder.spread!r}, indicator={encoder.indicator})"
    if isinstance(encoder, BooleanEncoder):
        sources.use("numpy_table", "boolean")
        return f"boolean({values})"
    if isinstance(encoder, CategoryEncoder):
        sources.use("numpy_table", "category")
        words = sources.words(f"categories of {name}", encoder.categories)
        return f"category({values}, {words}, coded={encoder.coded}, rare={encoder.rare})"
    if isinstance(encoder, DateEncoder):
        sources.use("numpy_table", "date")
        position = encoder.position
        return (
            f"date(cells({name!r}), centre={position.centre!r}, spread={position.spread!r}, "
            f"indicator={position.indicator}, hours={encoder.hours}, european={way})"
        )
    sources.use("numpy_table", "text")
    idf = sources.numbers(f"idf of {name}", encoder.idf)
    words = sources.words(f"terms of {name}", encoder.terms)
    return (
        f"text({values}, {words}, {idf}, scale={encoder.scale!r}, shared={encoder.shared}, "
        f"other_scale={encoder.other_scale!r})"
    )


def _decoding(target: AnyTarget, sources: Sources) -> list[str]:
    """Return the functions `predict`, and `predict_proba` where there are probabilities."""
    if isinstance(target, ClassTarget):
        return class_code(target, "rows: Rows, semicolons: bool = False", "encoded(rows, semicolons)", sources)
    if isinstance(target, LabelsTarget):
        return [
            f"LABELS = {list(target.columns)!r}",
            "def predict_proba(rows: Rows, semicolons: bool = False) -> Array:\n"
            '    """The probability of each of LABELS for each row."""\n'
            "    return answers(encoded(rows, semicolons))",
            "def predict(rows: Rows, semicolons: bool = False) -> Array:\n"
            '    """1 where a label is more probable than not, else 0."""\n'
            "    return (predict_proba(rows, semicolons) > 0.5).astype(int)",
        ]
    numbers = target.numbers if isinstance(target, NumbersTarget) else (target,)
    one = isinstance(target, NumberTarget)
    lists = {key: [getattr(number, key) for number in numbers] for key in ("std", "mean", "low", "high")}
    return [
        "def predict(rows: Rows, semicolons: bool = False) -> Array:\n"
        f'    """{_columns_said(target)} for each row, in its own units and within the range that was trained on."""\n'
        f"    y = answers(encoded(rows, semicolons)) * {lists['std']!r} + {lists['mean']!r}\n"
        f"    return np.clip(y, {lists['low']!r}, {lists['high']!r}){'[:, 0]' if one else ''}"
    ]


def class_code(target: ClassTarget, taken: str, seen: str, sources: Sources) -> list[str]:
    """Return `CLASSES`, `predict_proba` and `predict`.

    taken  the arguments of both functions, such as "x: Array"
    seen   what the networks see of them
    """
    texts = all(isinstance(label, str) for label in target.labels)
    labels = sources.words("classes", map(str, target.labels)) if texts else repr(list(target.labels))
    names = ", ".join(part.split(":")[0] for part in taken.split(", "))
    probable = f"answers({seen})"
    if target.temperature != 1.0:
        sources.use("numpy_table", "tempered")
        probable = f"tempered({probable}, {target.temperature!r})"
    chosen = f"predict_proba({names}).argmax(axis=1)"
    if len(target.labels) == 2 and target.threshold != 0.5:
        chosen = f"(predict_proba({names})[:, 1] > {target.threshold!r}).astype(int)"
    return [
        f"CLASSES = {labels}",
        f"def predict_proba({taken}) -> Array:\n"
        '    """The probability of each of CLASSES for each row."""\n'
        f"    return {probable}",
        f"def predict({taken}) -> list[Any]:\n"
        '    """A label for each row."""\n'
        f"    return [CLASSES[code] for code in {chosen}]",
    ]


def _columns_said(target: Any) -> str:
    return repr(target.column).replace("\\", "/").replace('"', "'")


def _script(target: AnyTarget) -> str:
    made = {
        ClassTarget: [
            '    names = ["prediction", *(f"probability_{label}" for label in CLASSES)]',
            "    said = [[label, *p] for label, p in zip(predict(rows, ways), predict_proba(rows, ways).tolist())]",
        ],
        LabelsTarget: ["    names = LABELS", "    said = predict(rows, ways).tolist()"],
        NumbersTarget: [
            f"    names = {list(target.columns) if isinstance(target, NumbersTarget) else []!r}",
            "    said = predict(rows, ways).tolist()",
        ],
        NumberTarget: ['    names = ["prediction"]', "    said = [[y] for y in predict(rows, ways).tolist()]"],
    }[type(target)]
    return "\n".join(
        [
            "def answer(place: str) -> None:",
            '    """Print the rows of a CSV file, each with what is predicted of it."""',
            "    rows, ways = read_csv(place)",
            "    if not rows:",
            '        raise ValueError("holds no rows; expected a CSV file with a header and rows")',
            *made,
            "    out = csv.writer(sys.stdout)",
            "    out.writerow([*rows[0], *names])",
            "    out.writerows([*row.values(), *found] for row, found in zip(rows, said))",
        ]
    )
