"""Every fix is listed under the name of its file, and every fix leaves the setup that it is given as it was."""

import importlib
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis import fixes
from cutaway.optimizers.optimizer import factor
from tests.diagnosis.fixes.making import evidence_of, finding, setup_of


def test_the_registry_lists_every_file():
    names = {path.stem for path in Path(fixes.__file__).parent.glob("*.py")} - {"__init__"}
    assert names == set(fixes.FIXES)
    for name, change in fixes.FIXES.items():
        assert change is getattr(importlib.import_module(f"cutaway.diagnosis.fixes.{name}"), name)


@pytest.mark.parametrize("name", fixes.FIXES)
def test_the_setup_stays_as_it_was_and_the_new_one_computes(name):
    x = np.random.default_rng(0).normal(40, 9, (48, 4))
    x[:, 3] = 1.0
    x[-3:] = x[:3]
    net = ca.Sequential(ca.Dense(6, initializer=ca.Normal(9.0)), ca.ReLU(), ca.Dense(6), ca.Dense(1), ca.Dropout(0.6))
    method = ca.AdamW(0.3, weight_decay=1.0, learning_rate_factors={"0.bias": 0.0})
    setup = setup_of(net, x, x[:, :1] * 100, "residual_sum_of_squares", method, held_out=16, shuffle=False)
    before = {path: array.copy() for path, array in net.parameters().items()}
    shown = repr(net), repr(setup.optimizer), setup.rows.y.copy()
    layer = "1" if name == "leave_out" else None
    changed = fixes.fixed(setup, finding(name, layer), evidence_of(setup))
    assert (repr(net), repr(setup.optimizer)) == shown[:2] and np.array_equal(setup.rows.y, shown[2])
    assert all(np.array_equal(before[path], array) for path, array in net.parameters().items())
    if name == "class_weight":
        assert changed is None
        return
    assert changed is not None and changed is not setup
    assert changed.network(x[:5]).shape == (5, 1)
    frozen = [
        path for path in changed.network.parameters() if factor(changed.optimizer.learning_rate_factors, path) == 0
    ]
    if name not in ("unfreeze", "default_optimizer"):  # whatever it is called now, the first bias is still held
        assert (
            len(frozen) == 1 and changed.network.parameters()[frozen[0]].shape == net[0].bias.shape
        ) or name == "widen"


def test_an_unknown_action_or_none_is_no_fix():
    x = np.ones((8, 2))
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error")
    assert fixes.fixed(setup, finding("no_such_thing"), evidence_of(setup)) is None
    assert fixes.fixed(setup, finding(""), evidence_of(setup)) is None
