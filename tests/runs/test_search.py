"""Effort "best": what was tried, what was kept, and that the mixture is what is judged, saved and loaded."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table
from cutaway.layers import Blend, Ensemble
from cutaway.runs import search as search_module
from cutaway.runs.decoding import mean_answers


def rows(count=160, seed=0):
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, count))
    return Table({"a": a, "b": b, "y": np.sin(2 * a) + b**2 + 0.1 * random.normal(size=count)})


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        # So few epochs may well leave one kind alone the best.
        patch.setattr(search_module, "select_models", lambda models, *_, **__: np.array([0.25, 0.75, 0.0, 0.0]))
        return ca.train(rows(), "y", effort="best", epochs=6, compare=False, engine="numpy", progress=False)


def test_it_says_what_was_tried_and_what_is_mixed(found):
    events = {event.what: event.message for event in found.events}
    assert f"{search_module.KINDS * 4} tried briefly" in events["search"]
    assert f"of {search_module.FINALISTS + 1} trained in full" in events["mixture"]


def test_shares_sum_to_one_and_the_answer_is_their_mean(found):
    assert isinstance(found.network, Blend)
    assert sum(found.network.shares) == pytest.approx(1)
    x = found.preprocessing.transform(rows(20, seed=1))
    each = [mean_answers(part, found.target, x) for part in found.network.parts]
    expected = sum(share * answer for share, answer in zip(found.network.shares, each, strict=True))
    np.testing.assert_allclose(mean_answers(found.network, found.target, x), expected, rtol=1e-12)


def test_a_mixture_comes_back_from_disk_bit_by_bit(found, tmp_path):
    again = ca.load(found.save(tmp_path / "run"))
    assert again.network.shares == found.network.shares and len(again.network) == len(found.network)
    np.testing.assert_array_equal(again.predict(rows(30, seed=2)), found.predict(rows(30, seed=2)))


def test_the_finalists_are_the_best_of_different_kinds_beside_the_usual():
    tried = [search_module.Tried(kind, rate, loss) for kind, rate, loss in
             [(0, 1.0, 0.5), (0, 0.7, 0.1), (1, 1.0, np.inf), (2, 1.0, 0.3), (2, 1.6, 0.2), (3, 1.0, 0.4)]]  # fmt: skip
    chosen = search_module._finalists(tried)
    assert [(one.kind, one.rate) for one in chosen] == [(0, 1.0), (0, 0.7), (2, 1.6), (3, 1.0)]


def test_a_run_of_mixed_kinds_is_not_gone_on_from(found):
    with pytest.raises(ca.InputError, match="mixes networks of several kinds"):
        ca.train(rows(), "y", start=found)


def test_going_on_keeps_columns_and_target_and_does_not_forget():
    first = ca.train(rows(), "y", epochs=40, compare=False, engine="numpy", progress=False)
    more = ca.train(rows(400, seed=3), "y", start=first, compare=False, engine="numpy", epochs=5, progress=False)
    assert more.preprocessing == first.preprocessing and more.target.mean == first.target.mean
    assert isinstance(more.network, Ensemble) and len(more.network) == len(first.network)
    assert more.history[0].validation < first.history[0].validation
    with pytest.raises(ca.InputError, match="predicts 'y'"):
        ca.train(rows(), "a", start=first)


def test_going_on_widens_the_range_of_what_is_predicted():
    first = ca.train(rows(), "y", effort="quick", epochs=2, compare=False, engine="numpy", progress=False)
    higher = rows(200, seed=4)
    higher.columns["y"] = higher.columns["y"] + 100
    before = first.predict(rows(9, seed=5))
    more = ca.train(higher, "y", start=first, compare=False, engine="numpy", epochs=2, progress=False)
    np.testing.assert_array_equal(first.predict(rows(9, seed=5)), before)  # the earlier run stays as it is
    assert more.target.low == first.target.low and more.target.high > first.target.high + 90


def test_of_few_rows_the_usual_recipe_is_trained_and_nothing_is_compared():
    run = ca.train(rows(36), "y", effort="best", epochs=2, compare=False, engine="numpy", progress=False)
    assert "too few rows to hold any out" in run.events[0].message and len(run.network) == 8


def test_one_member_a_kind_is_mixed_as_it_is_judged():
    single = Ensemble(ca.Sequential(ca.Dense(1)).build(2), {"0.weight": np.ones((1, 2, 1))}, {})
    assert Ensemble.of(single) is single
    alone = Ensemble.of(ca.Sequential(ca.Dense(1)).build(2))
    assert len(alone) == 1 and alone.params["0.weight"].shape == (1, 2, 1)


def test_an_interrupted_search_delivers_the_usual_recipe_and_says_so(monkeypatch):
    heard = []
    learn = search_module.learn_bag

    def interrupted_at_the_second(*given, **settings):
        bag = learn(*given, **settings)
        heard.append(given[0])
        if len(heard) == 2:
            bag.learned.events.append(search_module.Event(1, "interrupted", "Ctrl-C"))
        return bag

    monkeypatch.setattr(search_module, "learn_bag", interrupted_at_the_second)
    run = ca.train(rows(), "y", effort="best", epochs=4, compare=False, engine="numpy", progress=False)
    assert run.interrupted and len(heard) == 3 and heard[2].epochs == 1
