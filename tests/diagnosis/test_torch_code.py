"""Fixes of findings in PyTorch are code of PyTorch, which runs, and none of this package's own."""

import re
from pathlib import Path

import pytest

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.fixes import __path__ as places
from cutaway.diagnosis.torch_code import BY_ACTION, in_torch
from cutaway.records import Finding, Fix
from tests.diagnosis.test_torch_functions import CLASSES, INPUTS, Model, train

torch = pytest.importorskip("torch")
ACTIONS = sorted(path.stem for path in Path(places[0]).glob("*.py") if path.stem != "__init__")


@pytest.fixture(scope="module")
def known() -> Evidence:
    return train(Model(), epochs=1).evidence()


def finding(check, fix, layer=None, follows=()):
    return Finding(check, "", "", 1.0, (None, None), layer, fix=fix, consequences=follows)


def test_every_fix_has_its_code():
    assert sorted(BY_ACTION) == ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_code_runs(known, action):
    fix = Fix(action, "so", "ca.Dense(…)", {"factor": 0.1, "rate": 0.2, "norm": 1.0})
    code = in_torch(finding("some_check", fix, "two"), known, "Adam").fix.code
    assert code and "ca." not in code and "…" not in code
    names = {
        "torch": torch, "nn": torch.nn, "model": Model(), "x": INPUTS, "y": CLASSES.clone(), "epochs": 1, "features": 6,
        "data": torch.utils.data.TensorDataset(INPUTS, CLASSES), "layer": torch.nn.Linear(2, 2), "units": 3,
    }  # fmt: skip
    if action == "standardise_targets":
        names["y"] = CLASSES.float()
    exec(code + (" pass" if code.endswith(":") else ""), names)


def test_a_rate_is_that_of_the_finding(known):
    fix = Fix("learning_rate", "lower it", "learning_rate=0.001", {"factor": 0.1})
    cause = finding("learning_rate_too_high", fix, follows=(finding("oscillation", fix),))
    told = in_torch(cause, known, "SGD")
    assert told.fix.code == "torch.optim.SGD(model.parameters(), lr=0.001)" == told.consequences[0].fix.code
    assert told.fix.sentence == "lower it"


def test_no_check_hands_on_a_line_of_this_package(known):
    """Of every fix that the source of a check names, with its code as it is written there."""
    folder = Path(places[0]).parent
    for path in [*folder.glob("preflight/*.py"), *folder.glob("training/*.py"), *folder.glob("after/*.py")]:
        for action, code in re.findall(r'Fix\(\s*"(\w*)",[^"]*"[^"]*",\s*f?[\'"]([^\'"]*)[\'"]', path.read_text()):
            fix = Fix(action, "", code, {"factor": 2.0})
            told = in_torch(finding(path.stem, fix), known, "Adam").fix.code
            assert "ca." not in told and "cutaway" not in told, (path.stem, told)
