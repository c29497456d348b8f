"""Every fix that a check offers applies in the training it is found in, or is one for a person; none is idle."""

import ast
from pathlib import Path

import pytest

import cutaway.diagnosis as diagnosis
from benchmarks.finding_pictures import EXAMPLES
from benchmarks.findings import example
from cutaway.diagnosis.checks import BY_NAME, CHECKS
from cutaway.diagnosis.fixes import FIXES, fixed
from cutaway.diagnosis.proving import OTHERWISE
from cutaway.diagnosis.repair import BESIDE, LAST_RESORTS

FOLDER = Path(diagnosis.__file__).parent
# What applies to any training, so that none has to be made to see it.
ALWAYS = {"", "learning_rate", "clip", "epochs", "shuffle"}


def actions_of(name):
    """Return the actions that stand in the first argument of every `Fix` in a check's file."""
    source = ast.parse(next(FOLDER.glob(f"*/{name}.py")).read_text("utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fix"]
    found = {part.value for call in calls for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)}
    return {each for each in found if isinstance(each, str)} & {"", *FIXES}


ACTIONS = {check.name: actions_of(check.name) for check in CHECKS}


def test_every_fix_is_offered_by_a_check_or_tried_where_another_does_not_help():
    offered = set().union(*ACTIONS.values(), (fix.action for fix in LAST_RESORTS))
    assert offered | {fix.action for fixes in OTHERWISE.values() for fix in fixes} == {"", *FIXES}


def test_what_is_tried_beside_a_fix_goes_with_causes_that_have_one_and_can_be_done():
    assert all(ACTIONS[name] - {""} for name in BESIDE)
    assert {fix.action for fixes in BESIDE.values() for fix in fixes} <= set(FIXES)


@pytest.mark.parametrize("name", [name for name, actions in ACTIONS.items() if not actions <= ALWAYS])
def test_the_fix_applies_in_the_training_that_it_is_found_in(name, monkeypatch):
    runs = []

    def kept(run):
        runs.append(run)
        return run.evidence

    monkeypatch.setattr(example, "evidence_of", kept)
    evidence = EXAMPLES[name].faulty()
    found = BY_NAME[name](evidence)
    if not runs:
        pytest.skip("its example is a training in PyTorch")
    fix = found.fix
    assert fix is None or fix.action == "" or fixed(runs[-1].setup, found, evidence) is not None, fix
    assert fix is None or fix.action in {"", *FIXES}
