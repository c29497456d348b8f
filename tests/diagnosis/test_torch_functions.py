"""PyTorch models whose `forward` calls functions: what stands between the modules is seen, and what is left out."""

import numpy as np
import pytest

from cutaway.diagnosis.torch import watch
from cutaway.records import StepRecord

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

X = np.random.default_rng(0).normal(size=(400, 6)).astype(np.float32)
INPUTS, CLASSES = torch.as_tensor(X), torch.as_tensor((X[:, 0] * X[:, 1] > 0).astype(np.int64))


class Model(nn.Module):
    """Three layers, with a function between them and one behind them."""

    def __init__(self, between=functional.relu, behind=lambda x: x, outputs=2, hidden=16):
        super().__init__()
        torch.manual_seed(1)
        self.one, self.two = nn.Linear(6, hidden), nn.Linear(hidden, hidden)
        self.three, self.between, self.behind = nn.Linear(hidden, outputs), between, behind

    def forward(self, x):
        return self.behind(self.three(self.between(self.two(self.between(self.one(x))))))


def train(model, y=CLASSES, loss=None, rate=0.01, epochs=10, optimizer=None, rows=INPUTS, order=None, **more):
    torch.manual_seed(0)
    loss, method = loss or nn.CrossEntropyLoss(), optimizer or torch.optim.Adam(model.parameters(), rate)
    with watch(model, method, loss, **more) as watched:
        for _ in range(epochs):
            for part in (torch.randperm(len(rows)) if order is None else order).split(32):
                method.zero_grad()
                loss(model(rows[part]), y[part]).backward()
                method.step()
    return watched


def layers(watched):
    return [(layer.path, layer.kind, layer.follows) for layer in watched.evidence().layers]


@pytest.mark.parametrize("written_over", [False, True])
def test_functions_between_modules_are_layers(written_over):
    watched = train(Model(lambda x: functional.relu(x, inplace=written_over)), epochs=1)
    assert layers(watched) == [
        ("one", "Dense", None), ("relu(one)", "ReLU", "one"), ("two", "Dense", "relu(one)"),
        ("relu(two)", "ReLU", "two"), ("three", "Dense", "relu(two)"),
    ]  # fmt: skip
    of_one, of_relu = (watched.evidence().layer(path) for path in ("one", "relu(one)"))
    assert of_one.output_low < 0 == of_relu.output_low and of_one.output_high == of_relu.output_high
    assert of_one.parameters[0].wanted == pytest.approx(np.sqrt(2 / 6)) and of_relu.blame_rms > 0


def test_modules_that_write_over_what_they_are_given_are_told_apart():
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Linear(8, 2))
    watched = train(model, epochs=1)
    assert layers(watched) == [("0", "Dense", None), ("1", "ReLU", "0"), ("2", "Dense", "1")]
    assert watched.evidence().layers[0].output_low < 0


def test_functions_without_a_name_here_are_a_mixture():
    watched = train(Model(lambda x: functional.relu(x - 30)), epochs=20)
    assert layers(watched)[1:4] == [("relu", "ReLU", None), ("two", "Dense", "relu"), ("relu 2", "ReLU", None)]
    assert watched.verdict().findings[0].check == "dead_relu" and watched.verdict().findings[0].layer == "relu"


@pytest.mark.parametrize(
    ("behind", "outputs", "loss", "check", "layer"),
    [
        (lambda x: functional.softmax(x, 1), 1, nn.BCELoss(), "softmax_one_unit", "softmax(three)"),
        (lambda x: functional.softmax(x, -1), 2, nn.CrossEntropyLoss(), "double_softmax", "softmax(three)"),
        (lambda x: x.exp() / x.exp().sum(1, keepdim=True), 2, nn.CrossEntropyLoss(), "double_softmax", "three"),
        (lambda x: functional.softmax(x, 0), 2, nn.CrossEntropyLoss(), "softmax_axis", "softmax(three)"),
        (torch.sigmoid, 1, nn.BCEWithLogitsLoss(), "double_softmax", "sigmoid(three)"),
        (lambda x: functional.log_softmax(x, -1), 2, nn.NLLLoss(), None, None),
        (lambda x: functional.softmax(x, -1), 2, nn.NLLLoss(), "logits_as_probabilities", "softmax(three)"),
    ],
)
def test_what_makes_the_outputs_is_seen_without_a_module(behind, outputs, loss, check, layer):
    y = CLASSES if outputs == 2 else CLASSES.float()[:, None]
    found = train(Model(behind=behind, outputs=outputs), y, loss, epochs=20 if check is None else 4).verdict().findings
    assert [finding.check for finding in found[:1]] == ([] if check is None else [check])
    assert check is None or found[0].layer == layer


def test_probabilities_by_chance_are_no_softmax():
    flat = Model(behind=lambda x: 0.5 + 0 * x)
    assert train(flat, epochs=1).evidence().output.head == "softmax"  # whatever it is, its rows sum to 1
    assert train(Model(behind=torch.abs), epochs=1).evidence().output.head == "linear"


def test_layers_without_a_bend_between_them():
    found = train(Model(lambda x: x), epochs=20).verdict().findings
    assert found[0].check == "no_nonlinearity" and found[0].layer == "one" and found[0].fix.code == "nn.ReLU()"


def test_weights_that_the_optimizer_does_not_hold_are_told():
    model, other = Model(), Model()
    watched = train(model, optimizer=torch.optim.Adam(other.parameters(), 0.01), epochs=20)
    cause = watched.verdict().findings[0]
    assert cause.check == "frozen_weights" and "the optimizer does not hold 'one.weight'" in cause.fix.sentence
    assert cause.fix.code == "torch.optim.Adam(model.parameters(), lr=0.01)"
    assert not any(each.moved for layer in watched.evidence().layers for each in layer.parameters)
    some = train(Model(), optimizer=torch.optim.Adam(Model().three.parameters(), 0.01), epochs=1)
    assert len(some.heard.left_out) == 6


def test_what_no_blame_reaches_is_known():
    model = Model(between=lambda x: functional.relu(x).detach())
    facts = {each.path: each for layer in train(model, epochs=1).evidence().layers for each in layer.parameters}
    assert [facts[path].reached for path in ("one.weight", "two.weight", "three.weight")] == [False, False, True]


def test_a_loss_that_is_no_number_any_more_has_one_cause_first():
    model = Model(outputs=1)
    slope = INPUTS @ torch.arange(1.0, 7.0)[:, None]
    watched = train(model, slope, nn.MSELoss(), optimizer=torch.optim.SGD(model.parameters(), 10.0), epochs=20)
    found = watched.verdict().findings
    assert [finding.check for finding in found] == ["learning_rate_too_high"]
    assert found[0].fix.code.startswith("torch.optim.SGD(model.parameters(), lr=0.")
    last = watched.network_vitals[-1]
    assert np.isfinite(last.loss) and last.step < watched.heard.broken.step


def test_rows_held_out_are_in_the_history_and_the_loop_is_the_same():
    noisy = torch.where(torch.rand(400, generator=torch.Generator().manual_seed(3)) < 0.25, 1 - CLASSES, CLASSES)

    def model():
        torch.manual_seed(2)
        return nn.Sequential(nn.Linear(6, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 2))

    held_out = (X[200:], noisy[200:].numpy())
    how = {"rows": INPUTS[:200], "y": noisy[:200], "epochs": 40}
    with_it, without = model(), model()
    watched = train(with_it, validation=held_out, **how)
    train(without, **how)
    for one, other in zip(with_it.state_dict().values(), without.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    known = watched.evidence()
    assert known.plan.validation_rows == 200 and all(isinstance(record, StepRecord) for record in known.history)
    values = [record.validation for record in known.history]
    assert None not in values and 3 <= len(values) <= 81 and known.history[-1].step <= watched.heard.steps
    with_it.eval()
    answers = with_it(torch.as_tensor(X[200:]))
    assert known.outcome.validation_score == pytest.approx(float((answers.argmax(1) == noisy[200:]).float().mean()))
    assert [record.best for record in known.history].count(True) >= 1


def test_rows_that_come_in_order_are_known_to():
    order = torch.argsort(CLASSES, stable=True)
    facts = train(Model(), epochs=1, order=order).evidence().targets
    assert facts.runs < -10 and abs(train(Model(), epochs=1).evidence().targets.runs) < 3


def test_what_goes_wrong_in_watching_ends_no_loop(monkeypatch):
    from cutaway.training.bystander import RAISES

    monkeypatch.delenv(RAISES, raising=False)
    monkeypatch.setattr("cutaway.diagnosis.torch.vitals_of", lambda *given: 1 / 0)
    model = Model()
    before = model.one.weight.detach().clone()
    watched = train(model, epochs=2)
    assert "ZeroDivisionError" in watched.fault and not torch.equal(before, model.one.weight)
    assert "ZeroDivisionError" in watched.verdict().faults[-1]


def test_it_can_be_asked_while_it_goes_on():
    model, loss = Model(behind=lambda x: functional.softmax(x, 1), outputs=1), nn.BCELoss()
    method = torch.optim.Adam(model.parameters(), 0.01)
    with watch(model, method, loss) as watched:
        for _ in range(3):
            loss(model(INPUTS[:32]), CLASSES[:32].float()[:, None]).backward()
            method.step()
            assert watched.verdict().findings[0].check == "softmax_one_unit"
            assert model.training and model.one.training
    assert watched.heard.steps == 3 and len(watched.heard.losses) == 3
