"""Who is measured on tables: ours at each effort, scikit-learn, LightGBM and RealMLP, each as its users call it."""

from __future__ import annotations

import gc
import hashlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import cutaway
from benchmarks.data_sets import Rows
from benchmarks.report import machine, versions

ROOT = Path(__file__).parent.parent
SURE = 1e-7  # a probability is held this far from 0: single precision, in which the networks compute, has no less


@dataclass(frozen=True)
class Fitted:
    """What was learned; `predict` makes probabilities (rows, classes), in the order of `labels`, or numbers (rows,)."""

    predict: Callable[[Any], np.ndarray]
    networks: int | None = None


Fit = Callable[[Rows, int], Fitted]


def ours(effort: str) -> Fit:
    def fit(rows: Rows, seed: int) -> Fitted:
        from cutaway.errors import DataWarning

        warnings.simplefilter("ignore", DataWarning)  # a test row may have a category that no row of training has
        # Boosted trees, which the command grows to compare with, are a contender of their own here.
        run = cutaway.train(
            rows.x.assign(**{rows.target: rows.y}), rows.target, test=0, effort=effort, seed=seed, compare=False
        )
        if run.task != ("classification" if rows.labels else "regression"):
            raise ValueError(f"the target '{rows.target}' was taken for {run.task}: {run.task_reason}")
        if not rows.labels:
            return Fitted(run.predict, run.summary()["members"])
        order = [run.classes.index(label) for label in rows.labels]
        return Fitted(lambda x: run.predict_proba(x)[:, order], run.summary()["members"])

    return fit


def same_recipe(simple: bool) -> Fit:
    """Return the published recipe with our engine: one network, batches of 256, a fifth of the rows watched."""

    def fit(rows: Rows, seed: int) -> Fitted:
        from cutaway.data.columns import describe_columns
        from cutaway.data.encoders import TableEncoder
        from cutaway.data.reading import table_from
        from cutaway.data.splits import split_rows
        from cutaway.data.targets import ClassTarget, NumberTarget, choose_target
        from cutaway.recipes.realmlp import realmlp
        from cutaway.runs.bag import learn_bag
        from cutaway.runs.decoding import decoded, mean_answers
        from cutaway.runs.parts import Parts

        table = table_from(rows.x.assign(**{rows.target: rows.y}))
        target, _ = choose_target(table, rows.target)
        values = table.column(rows.target)
        labels = target.encode(values) if isinstance(target, ClassTarget) else None
        if labels is None:
            target = NumberTarget.fit(rows.target, values)
        encoder = TableEncoder.fit(table, describe_columns(table, rows.target))
        parts = Parts(table, [split_rows(table.rows, 0.2, seed, labels)], None, None, None)
        recipe = realmlp(encoder.numbers, encoder.code_sizes, target, simple=simple)
        network = learn_bag(recipe, parts, encoder, target, seed=seed).learned.network

        def predict(x: Any) -> np.ndarray:
            values, probabilities = decoded(mean_answers(network, target, encoder.transform(table_from(x))), target)
            if probabilities is None:
                return np.asarray(values)
            assert isinstance(target, ClassTarget)
            return probabilities[:, [target.labels.index(label) for label in rows.labels]]

        return Fitted(predict, 1)

    return fit


def fitted(model: Any, rows: Rows, prepared: Callable[[Any], Any] = lambda x: x) -> Fitted:
    return Fitted(lambda x: (model.predict_proba if rows.labels else model.predict)(prepared(x)))


def numbers_of(x: Any) -> list[str]:
    from pandas.api.types import is_numeric_dtype

    return [name for name in x.columns if is_numeric_dtype(x[name])]


def with_categories(x: Any, impute: bool = False) -> Callable[[Any], Any]:
    """Learn from x what makes columns of text pandas categories, and gaps in numbers the median where asked."""
    import pandas

    numbers = numbers_of(x)
    kinds = {name: pandas.CategoricalDtype(sorted(x[name].dropna().unique())) for name in x.columns.difference(numbers)}
    medians = {name: x[name].median() for name in numbers if impute}

    def prepared(x: Any) -> Any:
        # A value that the rows of training did not have is taken for a missing one.
        found = {name: x[name].where(x[name].isin(kind.categories)).astype(kind) for name, kind in kinds.items()}
        return x.assign(**found).fillna(medians)

    return prepared


def scikit_learn_mlp(rows: Rows, seed: int) -> Fitted:
    from sklearn.compose import TransformedTargetRegressor, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = numbers_of(rows.x)
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), [c for c in rows.x.columns if c not in numbers]),
    )
    if rows.labels:
        net = MLPClassifier(max_iter=500, random_state=seed)
    else:  # with the target as it is, in dollars, it would hardly begin to learn
        net = TransformedTargetRegressor(MLPRegressor(max_iter=500, random_state=seed), transformer=StandardScaler())
    return fitted(make_pipeline(columns, net).fit(rows.x, rows.codes), rows)


def hist_gradient_boosting(rows: Rows, seed: int) -> Fitted:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if rows.labels else HistGradientBoostingRegressor
    prepared = with_categories(rows.x)
    model = kind(categorical_features="from_dtype", random_state=seed).fit(prepared(rows.x), rows.codes)
    return fitted(model, rows, prepared)


def light_gbm(rows: Rows, seed: int) -> Fitted:
    from lightgbm import LGBMClassifier, LGBMRegressor

    prepared = with_categories(rows.x)
    model = (LGBMClassifier if rows.labels else LGBMRegressor)(random_state=seed, verbose=-1)
    return fitted(model.fit(prepared(rows.x), rows.codes), rows, prepared)


def real_mlp(name: str) -> Fit:
    def fit(rows: Rows, seed: int) -> Fitted:
        import logging

        import pytabkit

        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)  # it tells which devices it does not use
        kind = getattr(pytabkit, f"{name}_{'Classifier' if rows.labels else 'Regressor'}")
        prepared = with_categories(rows.x, impute=True)
        model = kind(device="cpu", n_cv=1, random_state=seed).fit(prepared(rows.x), rows.codes)
        return fitted(model, rows, prepared)

    return fit


@dataclass(frozen=True)
class Contender:
    """Who fits, the module that must be there, and the packages on whose versions the figures depend."""

    fit: Fit
    module: str
    packages: tuple[str, ...]


# What our figures depend on: the folders that encode, compute and learn.
LEARNING = ("autodiff", "backends", "data", "layers", "losses", "ops", "optimizers", "recipes", "training")
OURS = ("cutaway", "numpy", "jax", "jaxlib")
CONTENDERS = {
    "cutaway quick": Contender(ours("quick"), "cutaway", OURS),
    "cutaway standard": Contender(ours("standard"), "cutaway", OURS),
    "cutaway best": Contender(ours("best"), "cutaway", OURS),
    "cutaway RealMLP-TD": Contender(same_recipe(simple=False), "cutaway", OURS),
    "cutaway RealMLP-TD-S": Contender(same_recipe(simple=True), "cutaway", OURS),
    "scikit-learn MLP": Contender(scikit_learn_mlp, "sklearn", ("scikit-learn", "numpy")),
    "HistGradientBoosting": Contender(hist_gradient_boosting, "sklearn", ("scikit-learn", "numpy")),
    "LightGBM": Contender(light_gbm, "lightgbm", ("lightgbm", "numpy")),
    "RealMLP-TD": Contender(real_mlp("RealMLP_TD"), "pytabkit", ("pytabkit", "torch", "numpy")),
    "RealMLP-TD-S": Contender(real_mlp("RealMLP_TD_S"), "pytabkit", ("pytabkit", "torch", "numpy")),
}
PEER = "RealMLP-TD"
USUAL = [name for name in CONTENDERS if name not in ("cutaway quick", "cutaway best", "cutaway RealMLP-TD-S")]


def stamp(contender: Contender) -> dict[str, Any]:
    """Return what a figure depends on: where this changes, it is measured again."""
    found: dict[str, Any] = {"versions": versions(contender.packages), "machine": machine()}
    if contender.module == "cutaway":
        digest = hashlib.sha256()
        for path in sorted(path for folder in LEARNING for path in (ROOT / "cutaway" / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
        found["code"] = digest.hexdigest()[:12]
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what the contenders say of things that are so on purpose."""
    with warnings.catch_warnings():
        for message in (
            ".*torch.jit.script",  # PyTorch and Lightning on their own insides
            ".*LeafSpec",
            "The given NumPy array is not writable",
            "Stochastic Optimizer: Maximum iterations",  # scikit-learn's network stops after max_iter
            "Found unknown categories",  # in a test row
        ):
            warnings.filterwarnings("ignore", message=message)
        yield


def measured(contender: Contender, learned: Rows, tested: Rows, seed: int) -> dict[str, Any]:
    """Fit once, and return the seconds and the scores on the rows set aside."""
    if "jax" in sys.modules:  # or a second fit of the same shape would find its programs compiled
        sys.modules["jax"].clear_caches()
    gc.collect()
    with quiet():
        began, worked = time.perf_counter(), time.process_time()
        fit = contender.fit(learned, seed)
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        outputs = np.asarray(fit.predict(tested.x), np.float64)
    figures: dict[str, Any] = {"seconds": round(seconds, 3), "processor seconds": round(worked, 3)}
    if fit.networks is not None:
        figures["networks"] = fit.networks
    if not tested.labels:
        return {"RMSE": float(np.sqrt(np.mean((outputs.reshape(-1) - tested.codes) ** 2))), **figures}
    chances = np.clip(outputs / outputs.sum(axis=1, keepdims=True), SURE, 1)
    loss = -np.log(chances[np.arange(len(chances)), tested.codes]).mean()
    return {"accuracy": float((chances.argmax(axis=1) == tested.codes).mean()), "log loss": float(loss), **figures}
