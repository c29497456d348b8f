"""How slow a machine is, is what a training takes over what it is reckoned to take."""

import pytest

from cutaway.diagnosis.pace import slowness
from cutaway.training import cost


def reckoned(monkeypatch: pytest.MonkeyPatch, times: float) -> float:
    """Return the slowness where a step is reckoned to take so many times as long."""
    monkeypatch.setitem(cost.PRICES, "numpy", tuple(times * price for price in PRICES))
    monkeypatch.setitem(cost.EPOCH, "numpy", times * EPOCH)
    return slowness.__wrapped__()


PRICES, EPOCH = cost.PRICES["numpy"], cost.EPOCH["numpy"]


def test_a_machine_is_as_much_slower_as_its_steps_are_reckoned_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, slower = reckoned(monkeypatch, 1e-2), reckoned(monkeypatch, 1e-3)
    assert slow > 10  # no machine does a step in a tenth of the time that is reckoned
    assert slower / slow == pytest.approx(10, rel=0.5)


def test_no_machine_is_faster_than_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reckoned(monkeypatch, 1e4) == 1
