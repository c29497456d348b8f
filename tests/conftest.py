"""A budget of seconds for each test folder, shown after every run and enforced where CI is set."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

from cutaway.diagnosis.pace import slowness

# Seconds on two cores of the machine that `cutaway.training.cost` reckons by; on one that is slower, as many times more
# (`slowness`). A folder that needs more is to be made faster, or its long part moved to `.ci/full`.
BUDGETS = {
    "agreement": 60, "autodiff": 30, "backends": 30, "benchmarks": 60, "cli": 120, "data": 60, "estimators": 120,
    "examples": 180, "explain": 60, "export": 60, "layers": 60, "learning": 90, "losses": 30, "metrics": 20,
    "ops": 90, "optimizers": 30, "recipes": 150, "runs": 420, "storage": 80, "training": 190, "tests": 60,
    "preflight": 60, "after": 30, "diagnosis": 200, "distributed": 120, "fixes": 45, "studio": 290,
}  # fmt: skip

# Tests of more than some seconds whose idea a shorter one holds too, or a benchmark measures: `.ci/full` runs them.
LONG = (
    "tests/studio/test_page_speed.py", "tests/studio/test_live.py::test_the_page_leaves_the_training_its_speed",
    "tests/studio/test_client.py::test_a_client_that_watches_leaves_the_training_its_speed",
    "tests/studio/test_keeping.py::test_what_would_be_too_large_is_thinned_and_said",
    "tests/studio/test_keeping.py::test_a_moment_in_the_file_is_the_one", "tests/studio/test_page_fix.py",
    "tests/studio/test_notebooks.py::test_in_marimo", "tests/studio/test_page_data.py::test_a_link_opens_the_same",
    "tests/studio/test_report_page.py::test_the_replay_of_a_text_shows",
    "tests/studio/test_ladder.py::test_a_rate_far_too_high_is_healed",
    "tests/benchmarks/test_gpu.py::test_the_rehearsal_runs_all_of_it_and_writes_nothing",
    "tests/recipes/test_table.py::test_folds", "tests/recipes/test_image.py::test_handwritten_digits",
    "tests/learning/test_sequences.py::test_attention_reverses",
    "tests/examples/test_examples.py::test_runs[16_why_gates]",
    "tests/examples/test_examples.py::test_runs[12_normalisation]",
    "tests/examples/test_examples.py::test_runs[15_scikit_learn]",
    "tests/recipes/test_image.py::test_digits_of_eight_by_eight_pixels",
    "tests/runs/test_on_ray.py::test_a_cluster_of_ones_own_is_not_to_be_reached",
    "tests/examples/test_examples.py::test_runs[14_real_data]", "tests/diagnosis/test_gain.py::test_in_real_trainings",
    "tests/training/test_precision.py::test_the_loss_is_near_that_of_float32_and_weights_stay_float32[LSTM",
    "tests/runs/test_train_text.py::test_shakespeare", "tests/runs/test_streamed.py::test_a_streamed_run_is_as_good",
    "tests/diagnosis/test_benchmark_cases.py::test_every_fault_fits_and_names_layers_that_are_there",
    "tests/distributed/test_devices.py::test_pictures_and_texts_on_two_devices[odd",
    "tests/distributed/test_processes.py::test_two_processes_do_in_every_way",
    "tests/distributed/test_processes.py::test_four_processes", "tests/runs/test_faults.py::test_one_on_xla",
    "tests/runs/test_on_ray.py::test_a_cluster_is_joined_from_outside", "tests/runs/test_on_ray.py::test_a_search",
    "tests/runs/test_on_ray.py::test_a_sweep_of_capacity_is_the_same_bit_by_bit[how1",
    "tests/training/test_checkpoints.py::test_killed_in_the_midst_of_an_epoch_and_gone_on_with[watched-xla",
    "tests/training/test_checkpoints.py::test_killed_in_the_midst_of_an_epoch_and_gone_on_with[folds-xla",
    "tests/storage/test_fuzz.py::test_a_header_of_nested_json",
    "tests/distributed/test_processes.py::test_two_processes_give", "tests/cli/test_commands.py::test_a_cold_quick_run",
    "tests/runs/test_faults.py::test_trainings_killed", "tests/runs/test_faults.py::test_other_faults[two processes",
    "tests/runs/test_faults.py::test_other_faults[a write", "tests/cli/test_commands.py::test_xla_is_quiet",
    "tests/diagnosis/test_known_failures.py::test_the_cause_is_named_first[blob-relu-oscillating]",
    "tests/diagnosis/test_known_failures.py::test_healthy_ones_are_left_in_peace[39525358]",
    "tests/diagnosis/test_known_failures.py::test_healthy_ones_are_left_in_peace[blob-tanh-11]",
    "tests/training/test_checkpoints.py::test_killed_in_the_midst_of_an_epoch_and_gone_on_with[members-xla]",
    "tests/diagnosis/test_repair.py::test_a_broken_training_is_repaired[targets_unscaled]",
    "tests/diagnosis/test_repair.py::test_a_broken_training_is_repaired[softmax_one_unit]",
    "tests/diagnosis/test_repair.py::test_a_broken_training_is_repaired[constant_init]",
    "tests/studio/test_headline.py::test_what_is_put_in_is_what_was_tried",
    "tests/studio/test_ladder.py::test_nothing_is_said_against_a_rung_that_nobody_has_touched[attention]",
    "tests/studio/test_ladder.py::test_attention_learns_to_look_three_places_back",
    "tests/runs/test_fit_resumed.py::test_a_killed_fit_is_gone_on_with_to_the_same_bits[xla-2]",
    "tests/runs/test_trajectory.py::test_a_text_learns_the_same", "tests/runs/test_trajectory.py::test_what_is_gone_on",
    "tests/runs/test_trajectory.py::test_of_a_table_dots_and_ground_are_of_the_same_rows[kind]",
    "tests/runs/test_keeping.py::test_a_killed_training_is_gone_on_with_to_the_same_run[standard]",
    "tests/runs/test_streamed.py::test_memory", "tests/runs/test_streamed.py::test_a_run_on_a_stored_table_is_the_run_",
    "tests/diagnosis/test_experiment.py::test_a_weight_decay_that_is_far_too_strong",
    "tests/diagnosis/test_experiment.py::test_causes_are_ranked_by_what_was_shown[True]",
    "tests/diagnosis/test_experiment.py::test_more_epochs", "tests/diagnosis/test_experiment.py::test_xla_runs",
    "tests/cli/test_train_page.py::test_pictures_and_texts", "tests/runs/test_capacity.py::test_of_housing",
    "tests/cli/test_train_page.py::test_the_page_is_there_until_ctrl_c[True]",
    "tests/training/test_precision.py::test_the_loss_is_near_that_of_float32_and_weights_stay_float32[GPT]",
    "tests/ops/test_rules.py::test_xla_gives_the_same_operation_by_operation",
)  # fmt: skip

# A fault in a diagnosis is one of ours: here it fails the test instead of being told and passed over.
os.environ.setdefault("CUTAWAY_DIAGNOSIS_RAISES", "1")

spent: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    spent[Path(report.nodeid.split("::")[0]).parent.name] += report.duration


def over_budget() -> list[str]:
    return [folder for folder, seconds in spent.items() if seconds > slowness() * BUDGETS.get(folder, 0)]


def pytest_terminal_summary(terminalreporter) -> None:
    if not spent:
        return
    slow = f"; this machine takes {slowness():.1f} times as long" if slowness() > 1 else ""
    terminalreporter.write_sep("-", f"seconds spent in each folder (budget{slow})")
    for folder, seconds in sorted(spent.items(), key=lambda pair: -pair[1]):
        over = "   over budget" if folder in over_budget() else ""
        terminalreporter.write_line(f"{folder:12} {seconds:6.1f} ({BUDGETS.get(folder, 0)}){over}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") and not exitstatus and over_budget() and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items):
    """Skip what takes long, unless it is asked for."""
    if "CUTAWAY_LONG" not in os.environ:
        for item in items:
            if item.nodeid.startswith(LONG):
                item.add_marker(pytest.mark.skip(reason="takes long: `.ci/full` sets CUTAWAY_LONG"))
