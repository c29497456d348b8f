"""The instrument that measures the diagnosis: its statistics against SciPy, its figures, and a sample."""

from __future__ import annotations

import concurrent.futures
import json

import numpy as np
import pytest

from benchmarks import diagnosis, report
from benchmarks.diagnosis import cases, log, plan
from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.figures import alarmed, by_pair, constants, figures, known_before, macro, together
from benchmarks.diagnosis.killed import cells, healthy_cells
from benchmarks.diagnosis.remedies import error_of, harmed
from benchmarks.diagnosis.statistics import clustered, effect, rank_sum, shared_ranks, wilson
from benchmarks.diagnosis.tasks import Task, work
from benchmarks.diagnosis.told import as_markdown

# ---- statistics -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "of"), [(0, 300), (3, 420), (17, 20), (20, 20)])
def test_wilson_is_scipys(count, of):
    from scipy.stats import binomtest

    theirs = binomtest(count, of).proportion_ci(method="wilson")
    assert wilson(count, of)[1:3] == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_rank_sum_is_scipys(seed):
    from scipy.stats import mannwhitneyu, rankdata

    random = np.random.default_rng(seed)
    one, other = random.normal(0.6, 1, 5), random.normal(0, 1, 6)
    assert rank_sum(one, other) == pytest.approx(mannwhitneyu(one, other, method="exact").pvalue, abs=1e-12)
    many, more = random.integers(0, 9, 40), random.integers(2, 11, 30)
    assert rank_sum(many, more) == pytest.approx(mannwhitneyu(many, more, method="asymptotic").pvalue, abs=1e-12)
    np.testing.assert_allclose(shared_ranks(many), rankdata(many))


def test_rank_sum_counts_every_way_to_part_tied_values():
    from scipy.stats import permutation_test, rankdata

    one, other = [0.9, 0.9, 1.0, 1.0, 0.8], [0.8, 0.7, 0.9, 0.7, 0.7]
    ranks = rankdata([*one, *other])
    theirs = permutation_test(
        (ranks[:5], ranks[5:]), lambda a, b: abs(a.sum() - 27.5), vectorized=False, n_resamples=np.inf,
        alternative="greater",
    )  # fmt: skip
    assert rank_sum(one, other) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_clusters_that_agree_are_worth_as_many_trials_as_clusters():
    alike = clustered((cluster, cluster < 3) for cluster in range(30) for _ in range(5))
    assert (alike.hits, alike.of, alike.share) == (15, 150, 0.1)
    # 30 clusters, each of one mind: the design effect is their size, but for m/(m − 1).
    assert alike.high == pytest.approx(wilson(3 * 29 / 30, 29).high, abs=1e-12)
    random = np.random.default_rng(0).random(150) < 0.1
    apart = clustered((place % 30, bool(hit)) for place, hit in enumerate(random))
    assert apart.high < wilson(random.sum() / 2, 75).high


def test_effect_is_cohens_d():
    assert effect([3, 5], [1, 3]) == pytest.approx(2 / np.sqrt(2))
    assert effect([1, 1], [0, 0]) == np.inf


# ---- figures ----------------------------------------------------------------------------------------------------


def record(fault, score, seed, first="", layer=None, factor=1.0, **also):
    task = {"fault": fault, "data": "moons", "network": "relu 32-32", "rate": 0.01, "seed": seed, "factor": factor}
    findings = [[first, layer, 0, 0.9, []]] if first else []
    return log.whole({
        "task": {**task, "testing": True}, "score": score, "chance": 0.5, "updates": 100, "findings": findings,
        "course": [[0, None], [50, first or None]], "gate off": [first] if first else [], "guilty": ["1", "2"],
        "layers": 5, "rows": 270, **also,
    })  # fmt: skip


def made():
    healthy = [record("", 0.90 + 0.01 * seed, seed) for seed in range(5)]
    dead = [
        record("dead ReLU", 0.5, seed, "dead_relu" if seed else "saturated", "2" if seed < 4 else "0",
               repair={"findings": [], "before": 0.5, "after": 0.95 if seed else 0.6, "random": 0.5})
        for seed in range(5)
    ]  # fmt: skip
    mild = [record("rows sorted", 0.86, seed, "sorted_rows") for seed in range(5)]
    nothing = [record("loss summed", 0.90 + 0.01 * seed, seed) for seed in range(5)]
    return [*healthy, *dead, *mild, *nothing]


def test_a_fault_counts_where_it_hurts():
    strata = {cell.fault: cell.stratum for cell in cells(made())}
    assert strata == {"dead ReLU": "killing", "rows sorted": "milder", "loss summed": "harmless"}
    dead = next(cell for cell in cells(made()) if cell.fault == "dead ReLU")
    assert dead.lost == pytest.approx(1.0) and dead.p == pytest.approx(2 / 252) and dead.healthy == pytest.approx(0.92)


def test_a_training_without_a_fault_that_learns_little_is_not_healthy():
    records = [*made(), *(record("", 0.6, seed, factor=3.0) for seed in range(2))]
    whole, dropped = healthy_cells(records)
    assert dropped == ["|moons|relu 32-32|×3"] and len(whole) == 1


def test_the_figures_are_what_was_counted_by_hand():
    found = figures(made())
    assert found["killing"]["detected"][:1] == (1.0,) and found["killing"]["trainings"] == 5
    assert found["killing"]["first right"].hits == 4
    assert found["killing"]["layer"].hits == 4  # wherever the first finding points, right or not
    assert found["killing"]["repaired"].hits == 1  # 4 of 5 seeds are back at 95 % of the gap
    assert found["killing"]["repaired by chance"].hits == 0
    assert found["killing"]["time"]["median updates"] == 50
    assert found["healthy"]["false alarms"]["all"][3:] == (0, 5)
    assert found["milder"]["found"].hits == 5 and found["harmless"]["found"].hits == 0
    assert found["killing"]["layer by chance"] == pytest.approx(2 / 5)
    assert found["harmed"]["trainings"][3:] == (0, 5)  # of five that repair changed
    assert found["dropped"]["killing"] == found["dropped"]["milder"] == found["dropped"]["harmless"] == 1
    assert "dead ReLU" in as_markdown(found)
    json.dumps(diagnosis.as_data(found), allow_nan=False)


def test_alarms_of_two_tests_count_as_those_of_one():
    one = [record("", 0.9, seed, "overfit" if seed < 3 else "") for seed in range(10)]
    other = [record("", 0.9, seed, "overfit" if seed < 1 else "") for seed in range(7)]
    for each in other:
        each["task"]["data"] = "wine"
    assert by_pair(one) == {"moons|relu 32-32": (3, 10)}
    assert together(by_pair(one), by_pair(other)) == alarmed([*one, *other]) and together(by_pair(one)).hits == 3


def test_what_the_record_says_of_both_tests_follows_from_what_it_holds():
    healthy = report.read("diagnosis")["healthy"]
    before = json.loads(diagnosis.EARLIER.read_text(encoding="utf-8"))["pairs"]
    assert not before.keys() & healthy["by pair"].keys()  # no set is in both
    for name, tests in (("all", ()), ("all, and those of the test before", (before,))):
        assert diagnosis.as_data(together(healthy["by pair"], *tests)) == healthy["false alarms"][name]


def test_a_training_that_its_severity_spares_is_not_counted_as_killed():
    records = made()
    records[9]["score"] = 0.91  # one of five with dead ReLU
    cell = next(cell for cell in cells(records) if cell.fault == "dead ReLU")
    assert cell.stratum == "killing" and len(cell.killed) == 4 and cell.spared == (records[9],)
    found = figures(records)
    assert found["killing"]["trainings"] == 4 and found["spared"][3:] == (1, 1)


def test_harm_is_counted_among_trainings_that_repair_changed():
    def repaired(seed, before, after, kept):
        repair = {"findings": [], "tried": [[["dead_relu"], kept]], "before": before, "after": after, "random": before}
        return record("dead ReLU", before, seed, repair=repair)

    records = [repaired(0, 0.9, 0.7, True), repaired(1, 0.9, 0.87, True), repaired(2, 0.5, 0.9, True),
               repaired(3, 0.5, 0.5, False), record("dead ReLU", 0.5, 4)]  # fmt: skip
    found = harmed(records)
    # Three points of 270 rows are within chance, twenty are not.
    assert found["trainings"][3:] == (1, 3) and found["by two points"][3:] == (2, 3)


def test_the_error_of_a_score_is_what_many_samples_show():
    random = np.random.default_rng(0)
    accuracy = (random.random((4000, 270)) < 0.8).mean(axis=1)
    assert error_of(0.8, 270, "moons") == pytest.approx(accuracy.std(), rel=0.05)
    x, noise = random.standard_normal((2, 4000, 270))
    squares = [np.corrcoef(one, one + 0.5 * other)[0, 1] ** 2 for one, other in zip(x, noise, strict=True)]
    assert error_of(0.8, 270, "sine") == pytest.approx(np.std(squares), rel=0.05)


def test_static_faults_are_those_whose_first_answer_is_known_before_the_first_step():
    assert known_before("one column unscaled") and known_before("weights all the same")
    assert not known_before("learning rate too high") and not known_before("few rows, large network")


def test_macro_averages_over_fault_types_and_the_best_constant_is_found():
    dead, zeros, leak = (record(name, 0.5, 0) for name in ("dead ReLU", "a layer of zeros", "leaking column"))
    half = macro([dead, dead, dead, leak], lambda r: r is leak)
    assert half.share == 0.5 and half[3:] == (1, 2) and half[:3] == pytest.approx(wilson(1, 2)[:3])
    assert macro([dead, zeros, leak], lambda r: True)[:3] == wilson(3, 3)[:3]  # no spread, and no certainty
    # Types that are much alike tell more than as many that are right or wrong.
    alike = [record(name, 0.5, seed) for name in ("dead ReLU", "a layer of zeros", "rows sorted") for seed in range(4)]
    assert macro(alike, lambda r: r["task"]["seed"] < 2 + (r["task"]["fault"] == "rows sorted")).low > 0.3
    best = constants([dead, zeros, leak, leak, leak])
    assert best["one answer"][:2] == ("disconnected_layer", pytest.approx(2 / 3))
    assert best["the majority's answer"][0] == "leakage"


# ---- the log and a sample ---------------------------------------------------------------------------------------


def test_the_log_is_gone_on_with_and_survives_a_torn_line(tmp_path, monkeypatch):
    first = log.Log(tmp_path / "runs.jsonl")
    one, two = (record("", 0.9, seed) for seed in range(2))
    first.append(one)
    with first.path.open("a") as file:
        file.write('{"marks": {"diag')
    again = log.Log(first.path)
    again.append(two)
    assert len(log.Log(first.path).known) == 2
    assert log.Log(first.path).known[Task(**one["task"])]["findings"] == []
    monkeypatch.setattr(log, "hash_of_diagnosis", lambda: "another")
    assert log.Log(first.path).known == {}


SAMPLE = (
    ("softmax over one unit", "moons", "relu 32-32", "softmax_one_unit"),
    ("one column unscaled", "blobs", "relu 24-24-24", "inputs_unscaled"),
    ("targets unscaled", "sine", "tanh 32-32", "targets_unscaled"),
    ("weights all the same", "wine", "tanh 16", "constant_init"),
    ("ReLU head, targets below 0", "sine", "relu 32-32", "target_out_of_range"),
)


@pytest.mark.parametrize(("fault", "data", "network", "expected"), SAMPLE, ids=[row[0] for row in SAMPLE])
def test_a_broken_training_of_the_sample_is_named(fault, data, network, expected):
    found = work(Task(fault, data, network, 0.01, 0))
    assert found["findings"][0][0] == expected and expected in BY_NAME[fault].accepted
    assert not found["broken"]


@pytest.mark.parametrize(
    ("data", "network"), [("blobs", "relu 32-32"), ("moons", "tanh 32-32"), ("sine", "recipe quick"), ("wine", "line")]
)
def test_a_healthy_training_of_the_sample_is_left_in_peace(data, network):
    found = work(Task("", data, network, 0.01, 0))
    assert found["findings"] == [] and not found["broken"]


class Inline(concurrent.futures.Executor):
    """Does what is submitted at once."""

    def submit(self, call, /, *given, **named):
        future = concurrent.futures.Future()
        future.set_result(call(*given, **named))
        return future


def test_the_test_runs_and_is_gone_on_with(tmp_path, monkeypatch, capsys):
    """The whole way of `python -m benchmarks diagnosis`, with two small sets in the place of the test's."""
    network, done = cases.DEVELOPMENT[0], []

    def counted(task, keep, repairing):
        done.append(task)
        return work(task, keep)

    monkeypatch.setattr(plan.rows, "TEST", ("moons",))
    monkeypatch.setattr(plan.rows, "HEALTHY_OF_TEST", ())
    monkeypatch.setattr(plan.cases, "TEST", (network,))
    monkeypatch.setattr(plan.cases, "RATES", {network.optimizer: (0.003, 0.01)})
    monkeypatch.setattr(plan, "kinds_on", lambda data, place: [])
    monkeypatch.setattr(plan, "RATES", tmp_path / "rates.json")
    monkeypatch.setattr(diagnosis, "Log", lambda: log.Log(tmp_path / "runs.jsonl"))
    monkeypatch.setattr(diagnosis, "overheads", lambda rates: {"moons": 1.01})
    monkeypatch.setattr(diagnosis, "work", counted)
    fault = BY_NAME["softmax over one unit"]
    for _ in range(2):
        diagnosis.tested(Inline(), [fault], 1, training=True, whole=False)
        assert "1 trainings with a killing fault" in capsys.readouterr().out
    assert len(done) == 3 + 1  # a healthy network at three rates, a broken one; the second time none is left
    assert set(json.loads((tmp_path / "rates.json").read_text())["rates"]) == {"moons|relu 32-32"}


def test_the_guide_takes_the_results_and_keeps_the_rest(tmp_path):
    guide = tmp_path / "guide.md"
    guide.write_text(diagnosis.GUIDE.read_text(encoding="utf-8"), encoding="utf-8")
    diagnosis.in_guide("| a |", guide)
    diagnosis.in_guide("| b |", guide)
    text = guide.read_text(encoding="utf-8")
    assert "<!-- results -->\n| b |\n<!-- end -->" in text and "| a |" not in text
    assert text.startswith("# The diagnosis, measured\n")
