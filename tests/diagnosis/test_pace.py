"""How slow a machine is, is what a training takes over what it is reckoned to take."""

from itertools import count
from types import SimpleNamespace

import pytest

from cutaway.diagnosis import pace
from cutaway.training import cost

PRICES, EPOCH = cost.PRICES["numpy"], cost.EPOCH["numpy"]


def slowness(monkeypatch: pytest.MonkeyPatch, reckoned: float, wall: float = 1.0, work: float = 1.0) -> float:
    """Return it where a step is reckoned to take so many times as long, and trainings take so many seconds."""
    monkeypatch.setitem(cost.PRICES, "numpy", tuple(reckoned * price for price in PRICES))
    monkeypatch.setitem(cost.EPOCH, "numpy", reckoned * EPOCH)
    clocks = [count(0, seconds).__next__ for seconds in (wall, work)]
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=clocks[0], process_time=clocks[1]))
    return pace.slowness.__wrapped__()


def test_a_machine_is_as_much_slower_as_its_steps_take_longer_than_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    once = slowness(monkeypatch, 1.0)
    assert once > 10  # thirty small steps in a second
    assert slowness(monkeypatch, 0.1) == pytest.approx(10 * once)
    assert slowness(monkeypatch, 1.0, wall=3.0, work=3.0) == pytest.approx(3 * once)


def test_what_others_take_of_the_clock_or_of_the_processor_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    once = slowness(monkeypatch, 1.0)
    assert slowness(monkeypatch, 1.0, wall=5.0) == slowness(monkeypatch, 1.0, work=5.0) == once


def test_no_machine_is_faster_than_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    assert slowness(monkeypatch, 1e4) == 1
