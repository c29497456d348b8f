"""Members trained apart from each other are the members trained side by side."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.splits import folds
from cutaway.errors import InputError
from cutaway.layers import Ensemble
from cutaway.losses import SquaredError
from cutaway.records import Event
from cutaway.runs.apart import OneOf, learn_apart
from cutaway.runs.learn import learn
from cutaway.training.fits import Here
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

RATES, FOLDS = (1.0, 0.5, 1e30), folds(70, 3, 0)


def plan(**changed):
    # 46 or 47 rows to learn from: in batches of 47, dropped or padded, members with fewer have what the others have.
    how = {"epochs": 3, "batch_size": 47, "seed": 5, "members": 3, "folds": FOLDS, "rates": RATES, "watch": False}
    return Plan(**{**how, **changed})


def rows():
    x = np.random.default_rng(0).normal(size=(70, 4)).astype(np.float32)
    return Batch(x, np.sin(x[:, :1]), None)


def network():
    return ca.Sequential(ca.Dense(8), ca.Dropout(0.2), ca.ReLU(), ca.Dense(1)).build(4)


@pytest.mark.filterwarnings("ignore::cutaway.errors.TrainingWarning")
@pytest.mark.parametrize("changed", [{}, {"drop_last": True, "batch_size": 23}, {"patience": 1, "epochs": 9}])
def test_apart_they_are_bit_by_bit_what_they_are_side_by_side(changed):
    what = (network(), SquaredError(), ca.Adam(0.01), rows(), None, plan(**changed))
    together = learn(*what, engine="numpy", progress=False)
    apart = learn_apart(Here(), *what, engine="numpy", progress=False)
    assert isinstance(apart.network, Ensemble) and len(apart.network) == 3
    for path, array in together.network.params.items():
        np.testing.assert_array_equal(apart.network.params[path][:2], array[:2])
    np.testing.assert_array_equal(apart.outputs[:2], together.outputs[:2])
    if "patience" not in changed:  # else each ends on its own, while side by side they wait for the last
        assert [replace(one, seconds=0, learning_rate=0) for one in apart.history] == [
            replace(one, seconds=0, learning_rate=0) for one in together.history
        ]
    broken = [event.message for event in apart.events if event.what == "not finite"]
    assert broken and all(message.startswith("member 2: ") for message in broken)


def test_one_of_many_takes_the_rows_that_it_would_take_among_them():
    whole = plan()
    for member in range(3):
        one = OneOf.of(whole, member)
        np.testing.assert_array_equal(one.order(70, 2)[0], whole.order(70, 2)[member])
        assert one.seeds == [whole.seeds[member]] and one.rates == (RATES[member],) and one.members == 1


def test_members_that_choose_their_epoch_together_are_one_fit():
    what = (network(), SquaredError(), ca.Adam(0.01), rows(), None, plan(together=True, rates=None))

    class Counted(Here):
        count = 0

        def each(self, fit, given, items):
            self.count += len(items)
            return super().each(fit, given, items)

    fits = Counted()
    apart = learn_apart(fits, *what, engine="numpy", progress=False)
    assert fits.count == 1
    for path, array in learn(*what, engine="numpy", progress=False).network.params.items():
        np.testing.assert_array_equal(apart.network.params[path], array)


def test_one_network_is_where_it_was_asked_for():
    net = network()
    found = learn_apart(
        Here(), net, SquaredError(), ca.Adam(0.01), rows(), None, plan(members=None, folds=None, rates=None),
        engine="numpy", progress=False,
    )  # fmt: skip
    for path, array in found.network.parameters().items():
        np.testing.assert_array_equal(net.parameters()[path], array)


def test_ctrl_c_in_one_of_them_ends_all():
    class Ended(Here):
        def each(self, fit, given, items):
            for place, (learned, way) in super().each(fit, given, items):
                learned.events.append(Event(0, "interrupted", "Ctrl-C"))
                yield place, (learned, way)

    with pytest.raises(KeyboardInterrupt):
        learn_apart(
            Ended(), network(), SquaredError(), ca.Adam(0.01), rows(), None, plan(), engine="numpy", progress=False
        )


def test_a_word_for_where_that_is_none_is_refused_before_anything_is_read():
    with pytest.raises(InputError, match=r"on is 'rya'; expected 'here', 'ray', 'host:port'"):
        ca.train("no such file.csv", "y", on="rya")
