"""Trainings in PyTorch, watched: the records are those of the same training here, and so are the verdicts."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.torch import watch

torch = pytest.importorskip("torch")
nn = torch.nn


def rows(count=400, seed=0):
    x = np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)


def train(model, x, y, loss, rate=0.01, epochs=10, optimizer=None, size=32):
    torch.manual_seed(0)
    method = optimizer or torch.optim.Adam(model.parameters(), rate)
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    with watch(model, method, loss) as watched:
        for _ in range(epochs):
            for part in torch.randperm(len(x)).split(size):
                method.zero_grad()
                loss(model(x[part]), y[part]).backward()
                method.step()
    return watched


def mlp(*tail, outputs=2):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, outputs), *tail)


def test_a_healthy_training_has_no_finding_and_is_not_changed():
    x, y = rows()
    watched = train(model := mlp(), x, y, nn.CrossEntropyLoss(), epochs=30)
    assert watched.verdict().findings == () and watched.evidence().outcome.score > 0.9
    alone = mlp()
    torch.manual_seed(0)
    method, inputs, targets = torch.optim.Adam(alone.parameters(), 0.01), torch.as_tensor(x), torch.as_tensor(y)
    for _ in range(30):
        for part in torch.randperm(len(x)).split(32):
            method.zero_grad()
            nn.CrossEntropyLoss()(alone(inputs[part]), targets[part]).backward()
            method.step()
    for here, there in zip(model.parameters(), alone.parameters(), strict=True):
        assert torch.equal(here, there)


def test_the_hooks_go():
    x, y = rows()
    loss = nn.CrossEntropyLoss()
    model = mlp()
    train(model, x, y, loss, epochs=1)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in (*model.modules(), loss))


def test_vitals_are_those_of_the_same_step_here():
    x, y = rows(64)
    model = mlp()
    net = ca.from_pytorch(model)
    watched = train(model, x, y, nn.CrossEntropyLoss(), 0.0, 1, torch.optim.SGD(model.parameters(), 0.1), size=64)
    run = ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.GradientDescent(0.1), epochs=1, batch_size=None, engine="numpy"
    )
    ours = [vitals for vitals in run.vitals if vitals.step == 0]
    assert [vitals.kind for vitals in watched.layer_vitals] == [vitals.kind for vitals in ours]
    for there, here in zip(watched.layer_vitals, ours, strict=True):
        for name in ("output_mean", "output_std", "silent", "weight_norm", "gradient_norm", "update_ratio"):
            expected = getattr(here, name)
            expected = expected if expected is None else pytest.approx(expected, rel=1e-4, abs=1e-6)
            assert getattr(there, name) == expected, name
    whole = watched.network_vitals[0]
    assert whole.gradient_norm == pytest.approx(run.network_vitals[0].gradient_norm, rel=1e-4)
    assert whole.score == run.network_vitals[0].score
    theirs, facts = watched.evidence(), run.evidence
    for one, other in zip(theirs.layers, facts.layers, strict=True):
        assert (one.kind, one.units, one.follows) == (other.kind, other.units, other.follows)
        for there, here in zip(one.parameters, other.parameters, strict=True):
            assert (there.fan_in, there.fan_out, there.shape) == (here.fan_in, here.fan_out, here.shape)
            assert there.std == pytest.approx(here.std, rel=1e-5) and there.wanted == pytest.approx(here.wanted)
    assert theirs.output.expected == pytest.approx(facts.output.expected, rel=1e-5)


def test_the_same_verdicts_come_out():
    x, y = rows()
    found = train(mlp(nn.Softmax(-1), outputs=1), x, y.astype(np.float32)[:, None], nn.MSELoss()).verdict().findings
    assert found[0].check == "softmax_one_unit" and found[0].layer == "3"
    slope = x @ np.arange(1, 7, dtype=np.float32)[:, None]
    model = mlp(outputs=1)
    wild = train(model, x, slope, nn.MSELoss(), optimizer=torch.optim.SGD(model.parameters(), 10.0))
    assert wild.verdict().findings[0].check == "learning_rate_too_high"


def test_steps_that_are_far_too_short_are_told_though_each_epoch_has_another_order():
    x, _ = rows(390)  # the last batch is smaller
    watched = train(mlp(), x, (x[:, 0] > 0).astype(np.int64), nn.CrossEntropyLoss(), rate=1e-7, epochs=20)
    found = watched.verdict().findings
    assert [finding.check for finding in found] == ["learning_rate_too_low"]
    assert found[0].fix.code == "torch.optim.Adam(model.parameters(), lr=0.001)"


def loop(model, optimizer, epochs=20, before=lambda: None, after=lambda: None, passes=1):
    """A loop of its own hand: what is done before each backward pass, and before each step."""
    loss, (x, y) = nn.CrossEntropyLoss(), map(torch.as_tensor, rows(390))
    with watch(model, optimizer, loss) as watched:
        for _ in range(epochs):
            for place, part in enumerate(torch.randperm(len(x)).split(32), 1):
                before()
                loss(model(x[part]), y[part]).backward()
                if place % passes == 0:
                    after()
                    optimizer.step()
                    if passes > 1:
                        optimizer.zero_grad()
    return watched


@pytest.mark.parametrize("make", [lambda p: torch.optim.SGD(p, 0.1), lambda p: torch.optim.Adam(p, 0.01)])
def test_gradients_that_are_never_set_back_are_the_first_cause(make):
    model = mlp()
    watched = loop(model, make(model.parameters()))
    first, *others = watched.verdict().findings
    assert first.check == "gradients_kept" and first.measured == 1.0 and not others
    assert first.fix.code == "optimizer.zero_grad()"
    assert not any(each._post_accumulate_grad_hooks for each in model.parameters())


def test_gradients_that_are_set_back_in_any_way_are_well():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    assert loop(model, optimizer, before=optimizer.zero_grad).heard.gradients_kept == 0
    assert loop(model, optimizer, before=lambda: optimizer.zero_grad(set_to_none=False)).heard.gradients_kept == 0
    assert loop(model, optimizer, before=model.zero_grad).heard.gradients_kept == 0
    assert loop(model, optimizer, passes=4).heard.gradients_kept == 0  # added up on purpose

    def twice():
        optimizer.zero_grad(set_to_none=False)
        sum(each.sum() for each in model.parameters()).backward()

    assert loop(model, optimizer, before=twice).heard.gradients_kept == 0


def test_a_loss_without_a_counterpart_is_named():
    model = mlp()
    with pytest.raises(ca.InputError, match=r"the loss is a CTCLoss, expected one of torch\.nn's CrossEntropyLoss"):
        watch(model, torch.optim.SGD(model.parameters(), 0.1), nn.CTCLoss())
    with pytest.raises(ca.InputError, match=r"torch\.nn\.HuberLoss\(\) computes the same"):
        watch(model, torch.optim.SGD(model.parameters(), 0.1), nn.functional.huber_loss)
    with pytest.raises(ca.InputError, match=r"the model is <function.*expected the torch\.nn\.Module"):
        watch(lambda x: model(x), torch.optim.SGD(model.parameters(), 0.1), nn.MSELoss())
    with pytest.raises(ca.InputError, match=r"the optimizer is None, expected one of torch\.optim"):
        watch(model, None, nn.MSELoss())
    with pytest.raises(ca.InputError, match=r"no step of this optimizer were seen"):
        watch(model, torch.optim.SGD(model.parameters(), 0.1), nn.MSELoss()).evidence()


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_targets_stretched_over_the_outputs_are_told():
    x, _ = rows()
    flat = x[:, 0] * 2
    model = mlp(outputs=1)
    found = train(model, x, flat, nn.MSELoss()).verdict().findings
    assert found[0].check == "label_problem" and "(32,) beside (32, 1)" in found[0].sentence


def test_rows_that_come_again_are_known_once_and_modes_stay():
    x, y = rows(300)
    y = np.where(np.random.default_rng(5).random(300) < 0.25, 1 - y, y)
    model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    model[1].eval()
    watched = train(model, x, y, nn.CrossEntropyLoss(), epochs=8)
    known = watched.evidence()
    assert known.inputs.rows == 300 and known.plan.epochs == 8 and known.plan.batch_size == 32
    # With copies of its rows among them the nearest row would be right nearly always.
    assert known.references.neighbour < 0.75
    assert not model[1].training and model[0].training
