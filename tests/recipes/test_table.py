"""The recipe reaches what is known to be reachable: 5-fold, on data that installs with a dependency."""

import time
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway import metrics
from cutaway.data.bundled import BUNDLED, bundled
from cutaway.data.splits import folds
from cutaway.data.targets import ClassTarget, NumberTarget, choose_target
from cutaway.losses import ClassificationError, CrossEntropy
from cutaway.recipes.realmlp import EPOCHS, realmlp
from cutaway.recipes.search import candidates
from cutaway.recipes.table import EFFORTS, FEWEST_STEPS, table_recipe
from cutaway.recipes.tabm import tabm
from cutaway.runs.train import train

# The mean score of five folds must be at least this; of the larger sets a part of the folds is run, for time.
THRESHOLDS = {
    "iris": (0.93, "standard", 2),
    "wine": (0.94, "standard", 2),
    "breast_cancer": (0.94, "quick", 2),
    "digits": (0.97, "quick", 1),
    "diabetes": (0.38, "standard", 1),
}
CLASSES = ClassTarget("y", ("a", "b", "c"))
NUMBER = NumberTarget("y", 0.0, 1.0, -3.0, 3.0)


def cross_validated(name, effort, run_of_them):
    """The mean score of the first of five folds, each trained by `train`, with nothing set aside for a test."""
    table, target = bundled(name), BUNDLED[name]
    goal, _ = choose_target(table, target)
    values = table.column(target)
    labels = goal.encode(values) if isinstance(goal, ClassTarget) else None
    scores = []
    for rest, part in folds(table.rows, 5, 0, labels)[:run_of_them]:
        run = train(table.select(rest), target, test=0, effort=effort, compare=False)
        predicted = run.predict(table.select(part).without([target]))
        scores.append(np.mean(predicted == values[part]) if labels is not None else metrics.r2(predicted, values[part]))
    return float(np.mean(scores))


@pytest.mark.parametrize("name", THRESHOLDS)
def test_folds(name):
    pytest.importorskip("jax")  # without it the same takes several times as long
    threshold, effort, run_of_them = THRESHOLDS[name]
    assert cross_validated(name, effort, run_of_them) >= threshold


@pytest.mark.parametrize(
    ("name", "target", "epochs", "least"),
    [
        ("penguins", "species", None, 0.93),
        ("titanic", "Survived", None, 0.74),
        ("housing", "median_house_value", 8, 0.68),
    ],
)
def test_tables_as_people_have_them(name, target, epochs, least):
    """With nothing but the target given: missing values, text, identifiers, categories."""
    place = Path(__file__).resolve().parents[3] / "shared" / "data" / f"{name}.csv"
    if not place.is_file():
        pytest.skip(f"{name}.csv is not beside the project")
    scores = train(place, target, effort="quick", epochs=epochs).scores
    assert scores.better
    assert (scores.value if scores.metric == "accuracy" else scores.others["R²"]) >= least


def test_quick_is_quick_and_learns():
    began = time.process_time()
    run = train(bundled("iris"), "species", effort="quick")
    assert time.process_time() - began < 5
    assert run.scores.better and run.scores.value >= 0.85


@pytest.mark.parametrize("rows", [100, 1_000, 1_100, 8_000, 20_000, 90_000, 200_000, 5_000_000])
@pytest.mark.parametrize("target", [CLASSES, NUMBER])
def test_more_rows_come_in_larger_batches_and_few_rows_still_make_steps(rows, target):
    recipe, more = table_recipe(rows, 4, (), target), table_recipe(10 * rows, 4, (), target)
    assert recipe.batch_size <= more.batch_size
    steps = recipe.epochs * (rows // recipe.batch_size)
    assert recipe.epochs == EPOCHS or steps >= FEWEST_STEPS
    assert recipe.epochs <= EPOCHS


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("target", [CLASSES, NUMBER])
def test_the_network_fits_the_columns_and_the_target(effort, target):
    recipe = table_recipe(100, 4, (12, 30), target, effort=effort)
    x = np.zeros((2, 7), np.float32)
    x[:, 5:] = [[11, 29], [0, 3]]
    assert recipe.network.build(x)(x).shape == (2, 3 if target is CLASSES else 1)
    assert isinstance(recipe.network[0], ca.ColumnEmbedding)
    recipe.optimizer.init(recipe.network.parameters())  # each pattern of a rate of its own fits a parameter


def test_a_metric_of_probabilities_gets_labels_as_they_are():
    decided, probable = (realmlp(4, (), CLASSES, probabilities=each) for each in (False, True))
    assert (decided.loss.label_smoothing, probable.loss.label_smoothing) == (0.1, 0.0)
    assert isinstance(decided.judge, ClassificationError) and isinstance(probable.judge, CrossEntropy)


def test_asked_for_epochs_are_kept():
    assert table_recipe(100, 4, (), NUMBER, epochs=7).epochs == 7


def test_unknown_effort():
    with pytest.raises(ca.InputError, match="effort is 'bets'; did you mean 'best'"):
        table_recipe(10, 4, (), NUMBER, effort="bets")


@pytest.mark.parametrize("target", [CLASSES, NUMBER])
def test_tabm_learns_and_its_members_differ(target):
    random = np.random.default_rng(0)
    x = random.normal(size=(120, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32) if target is CLASSES else x[:, :1]
    recipe = tabm(3, (), target, epochs=20, batch_size=40, members=4)
    run = ca.fit(recipe.network, x, y, loss=recipe.loss, optimizer=recipe.optimizer, epochs=20, batch_size=40)
    outputs = run.network(x)
    assert outputs.shape == (120, 4, target.outputs)
    assert run.history[-1].loss < 0.5 * run.history[0].loss
    assert np.ptp(outputs, axis=1).max() > 0.01


def test_the_search_begins_with_the_usual_recipe_and_tabm():
    usual, members, *others = (make(8, 16) for make in candidates(3, (), NUMBER, probabilities=False, count=6, seed=0))
    assert repr(usual.network) == repr(realmlp(3, (), NUMBER).network)
    assert any(isinstance(layer, ca.MemberScale) for _, layer in members.network.named_layers())
    assert len({repr(other.network) + repr(other.optimizer) for other in others}) > 1
