import pytest

from cutaway.records import Progress, StepRecord
from cutaway.training.callbacks import progress as progress_module
from cutaway.training.callbacks.progress import ProgressBar


def record(epoch, **more):
    return StepRecord(epoch, epoch * 10, 0.5, 0.25, 1e-3, 1.0, **more)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(progress_module, "DELAY", 0)
    monkeypatch.setattr(progress_module, "INTERVAL", 0)


def test_nothing_is_drawn_where_the_output_is_no_terminal(capsys):
    with ProgressBar(10) as bar:
        bar(record(1))
    assert capsys.readouterr().err == ""


def test_the_bar_shows_loss_validation_metric_and_rate(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with ProgressBar(10, show=True) as bar:
        bar(Progress(1, 5, 100, 0.1, 10))
        bar(record(10, metrics={"accuracy": 0.875}))
    shown = capsys.readouterr().err
    for part in ("loss 0.5", "validation 0.25", "accuracy 0.875", "rate 0.001", "10/10"):
        assert part in shown
