"""Time: every step is shown again bit by bit, branches keep what they left, and memory is bounded."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.studio.case import Case
from cutaway.studio.commands import run
from cutaway.studio.history import History
from cutaway.studio.ladder import rings
from cutaway.studio.moment import Moment
from cutaway.studio.opening import open_rung
from cutaway.studio.past import ToldHistory
from cutaway.studio.session import Session
from cutaway.studio.sources import of_arrays
from cutaway.studio.stepper import Stepper
from cutaway.studio.way import Way
from tests.studio.conversation import Listener


def made(*layers, optimizer=None, batch_size=7, nbytes=64 << 20, dtype=np.float64):
    x, y = rings(0, 40)
    loss = ca.BinaryCrossEntropy()
    material = of_arrays(x, y, loss, 1, dtype=dtype)
    net = ca.Sequential(*layers).build(material.x, 0, dtype)
    case, way = Case("test", material, net), Way(loss, optimizer or ca.Adam(0.05), batch_size)
    history = History(case.first(way), way, case.stepper, nbytes)
    return case, way, history


def walked(case, way, history, moment, steps):
    found = [moment]
    for after, loss in case.stepper(way).several(moment, steps):
        history.record(after, loss)
        found.append(after)
    return found


def same(a: Moment, b: Moment) -> bool:
    return (a.step, a.position) == (b.step, b.position) and all(
        one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)
        for one, other in zip(a.carry, b.carry, strict=True)
    )


NETWORKS = {
    "plain": (ca.Dense(5), ca.Tanh(), ca.Dense(1)),
    "with draws and running statistics": (ca.Dense(5), ca.BatchNorm(), ca.ReLU(), ca.Dropout(0.3), ca.Dense(1)),
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_step_is_made_again_bit_by_bit(layers, dtype):
    case, way, history = made(*layers, dtype=dtype)
    moments = walked(case, way, history, history.at(0, 0), 100)
    for step in (0, 1, 7, 50, 99, 100, 3):
        assert same(history.at(0, step), moments[step])


def test_where_memory_is_short_keyframes_go_and_steps_stay():
    case, way, history = made(*NETWORKS["plain"], nbytes=5_000)
    moments = walked(case, way, history, history.at(0, 0), 200)
    assert history.held <= 5_000
    assert history.held == sum(m.nbytes for branch in history.branches.values() for m in branch.keys.values())
    assert history.every > 8
    for step in (0, 13, 150, 200):
        assert same(history.at(0, step), moments[step])


def test_steps_are_those_of_fit():
    x, y = rings(0, 40)
    case, way, history = made(*NETWORKS["plain"])
    last = walked(case, way, history, history.at(0, 0), 6 * 10)[-1]
    net = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1)).build(x, 0, np.float64)
    ca.fit(net, x, y.astype(float), loss="binary_cross_entropy", optimizer=ca.Adam(0.05), epochs=10, batch_size=7,
           engine="numpy", observe=False)  # fmt: skip
    for path, array in net.parameters().items():
        np.testing.assert_allclose(last.carry.params[path], array, rtol=1e-9, atol=1e-12)


def test_a_step_on_one_example_leaves_the_order_where_it_was():
    case, way, history = made(*NETWORKS["plain"])
    moments = walked(case, way, history, history.at(0, 0), 3)
    moment, loss = case.stepper(way).one(moments[-1], example=11)
    history.record(moment, loss, example=11)
    assert (moment.step, moment.position) == (4, 3)
    after = walked(case, way, history, moment, 20)
    for found in after:
        assert same(history.at(0, found.step), found)
    x, y = case.material.x[11:12], case.material.y[11:12]
    outputs = case.outputs(moments[-1], x)
    assert loss == pytest.approx(float(ca.BinaryCrossEntropy()(outputs, y)))


def test_an_edit_in_the_past_begins_a_branch_and_the_old_one_stays():
    case, way, history = made(*NETWORKS["plain"])
    old = walked(case, way, history, history.at(0, 0), 30)
    begun = history.begin(history.at(0, 10), 0, "an edit", way)
    begun = history.edit(begun, ("0.weight", (1, 2)), 3.25)
    new = walked(case, way, history, begun, 12)
    assert begun.carry.params["0.weight"][1, 2] == 3.25
    assert not same(new[-1], old[22])
    for step in (3, 9):
        assert same(history.at(1, step), old[step])  # before it left, the branch's past is its parent's
    for step in (10, 15, 22):
        assert same(history.at(1, step), new[step - 10])
        assert same(history.at(0, step), old[step])
    moment = history.at(1, 8)
    while moment.step < 22:
        moment = history.after(moment, 5)
    assert same(moment, new[-1])


def test_an_edit_at_the_end_of_a_branch_is_made_again_too():
    case, way, history = made(*NETWORKS["plain"], nbytes=2_000)
    first = walked(case, way, history, history.at(0, 0), 5)[-1]
    edited = history.edit(first, ("2.bias", (0,)), -1.5)
    assert first.carry.params["2.bias"][0] != -1.5  # moments are never changed in place
    later = walked(case, way, history, edited, 90)
    assert 5 not in history.branches[0].keys  # so that the edit is not just found in a keyframe
    for step in (5, 6, 60):
        assert same(history.at(0, step), later[step - 5])


def test_steps_that_were_not_taken_are_refused():
    case, way, history = made(*NETWORKS["plain"])
    walked(case, way, history, history.at(0, 0), 5)
    with pytest.raises(InputError, match="steps 0 to 5, not 6"):
        history.at(0, 6)
    with pytest.raises(InputError, match="no branch 3"):
        history.at(3, 0)


def test_curves_of_a_branch_hold_its_parents_part_and_nothing_of_what_the_parent_did_later():
    case, way, history = made(*NETWORKS["plain"])
    walked(case, way, history, history.at(0, 0), 30)
    walked(case, way, history, history.begin(history.at(0, 10), 0, "an edit", way), 5)
    assert history.curves(1)["batch"]["step"].tolist() == list(range(1, 10)) + list(range(11, 16))
    assert history.curves(1, since=12)["batch"]["step"].tolist() == [13, 14, 15]


def compiled(case, way):
    pytest.importorskip("jax")
    return Stepper(case.network, replace(way, engine="xla"), case.rows(way.loss, "training"))


def test_compiled_steps_are_made_again_bit_by_bit_however_they_were_divided():
    case, way, _ = made(*NETWORKS["with draws and running statistics"], dtype=np.float32)
    stepper = compiled(case, way)
    history = History(case.first(way), way, lambda way: stepper)
    moment, found = history.at(0, 0), {}
    for most in (3, 1, 40, 7):
        for after, loss in stepper.several(moment, most):
            history.record(after, loss)
            found[after.step] = moment = after
    for moment in found.values():
        assert same(history.at(0, moment.step), moment)


def test_compiled_steps_are_those_of_numpy():
    case, way, _ = made(*NETWORKS["plain"], dtype=np.float32)
    stepper, plain = compiled(case, way), case.stepper(way)
    *_, (ours, loss) = stepper.several(case.first(way), 6)
    *_, (theirs, _) = plain.several(case.first(way), 6)
    assert (ours.step, ours.position) == (theirs.step, theirs.position) == (6, 6)
    for path, array in theirs.carry.params.items():
        np.testing.assert_allclose(ours.carry.params[path], array, atol=1e-5)
    assert loss == pytest.approx(np.mean([each for _, each in plain.several(case.first(way), 6)]), abs=0.02)


def test_the_loss_after_an_edit_takes_the_place_of_the_one_before_it_at_the_same_step():
    session = Session(*open_rung("network"))
    run(session, "step", {"size": "batch"})
    before = run(session, "curves", {})["loss"]["training"][-1]
    edited = run(session, "edit", {"path": "4.bias", "index": [0], "value": 3.0})
    stepped = run(session, "step", {"size": "batch"})
    found = run(session, "curves", {})["loss"]
    assert found["step"].tolist() == [0, 1, 2]
    assert found["training"].tolist()[1:] == [stepped["loss_before"], stepped["loss_after"]]
    assert found["training"][1] == edited["loss"] != before


def test_a_page_that_has_the_loss_before_an_edit_is_sent_the_one_after_it():
    session = Session(*open_rung("network"))
    page = Listener(session)
    page.answer("watch", views={"curves": True})
    page.answer("step", size="batch")
    page.wait(lambda told: told.get("push") == "frame" and told["time"]["step"] == 1)
    edited = page.answer("edit", path="4.bias", index=[0], value=3.0)["result"]
    page.answer("step", size="batch")
    frame = page.wait(lambda told: told.get("push") == "frame" and told["time"]["step"] == 2)
    loss = frame["curves"]["loss"]
    assert frame["curves"]["since"] < 1
    assert loss["training"][loss["step"] == 1].tolist() == [edited["loss"]]
    session.close()


def test_of_a_large_network_the_first_and_the_newest_moment_stay_and_a_step_back_is_soon_made():
    case, way, history = made(*NETWORKS["plain"], nbytes=100)  # not one moment has room
    taken = []
    history.stepper = lambda way: Counted(case.stepper(way), taken)
    moments = walked(case, way, history, history.at(0, 0), 300)
    keys = sorted(history.branches[0].keys)
    assert keys[0] == 0 and len(keys) == 2 and keys[1] > 100
    for step in (299, 290, 280, 100):
        taken.clear()
        assert same(history.at(0, step), moments[step])
        assert len(taken) <= (16 if step > 284 else 300)
    assert any("going back" in note for note in history.notes())


class Counted:
    """A stepper that notes the steps it takes."""

    def __init__(self, stepper, taken):
        self.stepper, self.taken = stepper, taken

    def several(self, moment, most):
        for found in self.stepper.several(moment, most):
            self.taken.append(found[0].step)
            yield found


def test_what_nothing_was_dropped_for_leaves_the_distance_of_keyframes_as_it_is():
    _, way, history = made(*NETWORKS["plain"])
    size = history.at(0, 0).nbytes
    history.nbytes = 3 * size
    for number in range(6):  # firsts of branches alone take the room: no keyframe is there to drop
        history.begin(history.at(0, 0), 0, f"branch {number}", way)
    assert history.every == 8


def test_where_branches_take_the_room_the_oldest_that_none_left_go_and_it_is_said():
    _, way, history = made(*NETWORKS["plain"])
    history.nbytes = 4 * history.at(0, 0).nbytes
    kept = history.begin(history.at(0, 0), 0, "one that another left", way)
    for _ in range(10):
        last = history.begin(kept, kept.branch, "a leaf", way)
    history.diagnosis[last.branch] = "found"
    assert sorted(history.branches) == [0, 1, 10, 11]
    assert history.held == sum(m.nbytes for branch in history.branches.values() for m in branch.keys.values())
    assert same(history.at(last.branch, 0), history.at(0, 0))
    assert history.notes() == ["8 branches are no longer held: there is no room for more of this network"]
    with pytest.raises(InputError, match="no branch 2"):
        history.at(2, 0)
    history.leave(last.branch)
    assert not history.diagnosis


def test_an_edit_is_what_going_back_shows_though_the_moment_before_it_was_held():
    case, way, history = made(*NETWORKS["plain"])
    last = walked(case, way, history, history.at(0, 0), 9)[-1]
    edited = history.edit(last, ("2.bias", (0,)), 4.0)
    assert history.at(0, 9).carry.params["2.bias"][0] == 4.0
    assert same(history.at(0, 9), edited)


def test_steppers_and_rows_of_many_ways_are_not_all_held():
    case, way, _ = made(*NETWORKS["plain"])
    for _ in range(60):
        case.stepper(replace(way, loss=ca.BinaryCrossEntropy()))
    assert max(len(case._steppers), len(case._prepared)) <= 16


def test_what_was_told_is_there_all_the_while_that_other_moments_go(monkeypatch):
    case, way = open_rung("line")
    first = case.first(way)
    history = ToldHistory(first, way, case.stepper)
    told = {step: Moment(0, step, step, first.carry) for step in (0, 5, 9)}
    history.branches[0].keys, history.branches[0].last = told, 9
    history.settle()
    now = history.begin(told[9], 0, "on", way)
    for step in range(10, 16):
        history.keep(history.branches[1], Moment(1, step, step, now.carry))
    thin, seen = History._thin, []

    class Looking(dict):
        def pop(self, *place):
            seen.append(history.at(0, 5).step)  # as a thread may, that takes no turn
            return super().pop(*place)

    history.branches[1].keys = Looking(history.branches[1].keys)
    monkeypatch.setattr(History, "_thin", lambda self: seen.append(self.at(0, 5).step) or thin(self))
    assert history._thin()
    assert set(seen) == {5} and len(seen) > 1
    assert sorted(history.branches[0].keys) == [0, 5, 9] and len(history.branches[1].keys) < 7
