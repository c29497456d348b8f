"""Training with products of bfloat16: the loss is near that of float32, and the weights and sums stay float32."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends import backend_named
from cutaway.errors import InputError
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.training.engines import Engine
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

jax = pytest.importorskip("jax")
jnp = jax.numpy


def rounded(array):
    return np.asarray(array).astype(jnp.bfloat16).astype(np.float64)


def test_a_product_is_that_of_rounded_numbers_added_in_float32():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(8, 4096)).astype(np.float32), random.normal(size=(4096, 5)).astype(np.float32)
    backend = backend_named("xla")
    found = jax.jit(backend.rounded(ca.ops.matmul, "bf16"))(a, b)
    assert found.dtype == np.float32
    exact = rounded(a) @ rounded(b)
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-4)  # of float32 sums; of bfloat16 sums it would be 0.3
    assert np.abs(np.asarray(found) - a @ b).max() > 0.01
    np.testing.assert_array_equal(jax.jit(backend.rounded(ca.ops.matmul, "float32"))(a, b), jnp.asarray(a) @ b)


GPT = ca.Sequential(ca.Embedding(16, 32), ca.LearnedPositions(12), ca.TransformerBlock(4), ca.LayerNorm(), ca.Dense(16))
LSTM = ca.Sequential(ca.Embedding(16, 16), ca.LSTM(24, sequence=True), ca.Dense(16))
CONVOLUTION = ca.Sequential(ca.Conv2D(20, 3), ca.BatchNorm(), ca.ReLU(), ca.MaxPool2D(), ca.Flatten(), ca.Dense(4))


def windows():
    numbers = (np.random.default_rng(0).integers(0, 16, (64, 1)) + 3 * np.arange(13)) % 16
    return Batch(numbers[:, :-1].astype(np.int32), numbers[:, 1:].astype(np.int32), None)


def pictures():
    random = np.random.default_rng(1)
    x = random.normal(size=(64, 10, 10, 2)).astype(np.float32)
    return Batch(x, (x[:, :5].mean(axis=(1, 2, 3)) > 0).astype(np.int32), None)


def table():
    x = np.random.default_rng(2).uniform(-1, 1, (256, 6)).astype(np.float32)
    return Batch(x, np.sin(2 * x[:, :1]) + x[:, 1:2] ** 2, None)


@pytest.mark.parametrize(
    ("net", "rows", "loss", "epochs"),
    [
        (ca.Sequential(ca.Dense(32), ca.ReLU(), ca.Dense(1)), table(), SquaredError(), 30),
        (GPT, windows(), CrossEntropy(), 20),
        (LSTM, windows(), CrossEntropy(), 20),
        (CONVOLUTION, pictures(), CrossEntropy(), 10),
    ],
    ids=["dense", "GPT", "LSTM", "convolution"],
)
def test_the_loss_is_near_that_of_float32_and_weights_stay_float32(net, rows, loss, epochs):
    how = {"epochs": epochs, "batch_size": 32, "watch": False}
    found = {}
    for precision in ("float32", "bf16"):
        net.build(rows.x[:1] if rows.x.dtype.kind == "i" else rows.x[:8], 0)
        plan = Plan(**how, precision=precision)
        found[precision] = Trainer(net, loss, ca.Adam(0.01), plan, engine="xla").train(rows)
    fine, few = ([record.loss for record in found[name].history] for name in ("float32", "bf16"))
    assert few[-1] < 0.7 * few[0] and fine[-1] < 0.7 * fine[0]
    assert few != fine
    np.testing.assert_allclose(few, fine, rtol=0.1, atol=0.02)
    for array in found["bf16"].params.values():
        assert array.dtype == np.float32
    # Weights that were rounded would be equal to what they are rounded to.
    assert any((array != rounded(array)).mean() > 0.9 for array in found["bf16"].params.values())


def test_what_is_carried_and_summed_is_float32_and_every_product_is_not():
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1)).build(4, 0)
    rows = Batch(np.ones((32, 4), np.float32), np.ones((32, 1), np.float32), None)
    engine = Engine("xla", net, SquaredError(), ca.Adam(0.01), masked=False, members=None, precision="bf16")
    plan = Plan(epochs=1, batch_size=8)
    carry = engine.start(plan.first_carry(net, ca.Adam(0.01), rows))
    order = plan.order(32, 0)
    seed, steps = np.uint32(0), np.float32(4)
    program = engine._compiled["chunk"].trace(carry, np.float32(0), rows, order, np.int32(4), seed, steps).jaxpr
    products = [each for each in equations(program.jaxpr) if each.primitive.name == "dot_general"]
    assert len(products) == 5  # two forward, two of weights, one of what the first layer said
    for each in products:
        assert [array.aval.dtype for array in each.invars] == [jnp.bfloat16] * 2
        assert each.outvars[0].aval.dtype == np.float32
    few = {each.primitive.name for each in equations(program.jaxpr) if each.outvars[0].aval.dtype == jnp.bfloat16}
    assert few <= {"convert_element_type", "transpose", "reshape"}  # nothing is added or averaged in few digits


@pytest.mark.parametrize(("precision", "kind"), [("float32", np.float32), ("bf16", jnp.bfloat16)])
def test_a_gpu_adds_convolutions_in_float32_and_takes_all_digits_of_float32(precision, kind, monkeypatch):
    """TF32, which newer GPUs take for float32 unless told, is no float32; what is evaluated is not rounded at all."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    net = ca.Sequential(ca.Conv2D(4, 3, stride=2, groups=2), ca.Flatten(), ca.Dense(2)).build((6, 6, 4), 0)
    x = np.ones((8, 6, 6, 4), np.float32)
    rows = Batch(x, np.zeros(8, np.int32), None)
    engine = Engine("xla", net, CrossEntropy(), ca.Adam(0.01), masked=False, members=None, precision=precision)
    carry = engine.start(Plan(epochs=1, batch_size=4).first_carry(net, ca.Adam(0.01), rows))
    given = (carry, np.float32(0), rows, np.zeros((2, 4), np.int32), np.int32(2), np.uint32(0), np.float32(2))
    for what, arguments, count, taken in (
        ("chunk", given, 5, kind), ("evaluate", (carry.kept(), rows), 2, np.float32),
    ):  # fmt: skip
        program = engine._compiled[what].trace(*arguments).jaxpr.jaxpr
        found = [e for e in equations(program) if e.primitive.name in ("dot_general", "conv_general_dilated")]
        assert len(found) == count  # forward, of the weights, and of what the first layer said
        for each in found:
            assert [array.aval.dtype for array in each.invars] == [taken] * 2, each
            assert each.outvars[0].aval.dtype == np.float32, each
            if taken == np.float32:
                assert set(each.params["precision"]) == {jax.lax.Precision.HIGHEST}, each


def equations(jaxpr):
    """Return the equations of a program and of those inside it."""
    for each in jaxpr.eqns:
        yield each
        for value in each.params.values():
            for inside in value if isinstance(value, (tuple, list)) else [value]:
                inside = getattr(inside, "jaxpr", inside)
                if hasattr(inside, "eqns"):
                    yield from equations(inside)


def test_members_round_as_one_network_does():
    rows = table()
    net = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1)).build(6, 0)
    how = {"epochs": 4, "batch_size": 32, "watch": False, "precision": "bf16"}
    several = Trainer(net, SquaredError(), ca.Adam(0.01), Plan(members=2, **how), engine="xla").train(rows)
    for member in range(2):
        net.build(rows.x, member)
        one = Trainer(net, SquaredError(), ca.Adam(0.01), Plan(seed=member, **how), engine="xla").train(rows)
        for path, array in one.params.items():
            np.testing.assert_allclose(several.params[path][member], array, rtol=0, atol=2e-3)


def test_fit_takes_xla_for_it_and_numpy_and_other_words_are_refused():
    x, y, _ = table()
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    run = ca.fit(net, x, y, loss="squared_error", epochs=2, precision="bf16")
    assert run.engine == "xla" and "the precision is bf16" in run.reason
    with pytest.raises(InputError, match="precision 'bf16' is of engine 'xla', and engine is 'numpy'"):
        ca.fit(net, x, y, loss="squared_error", precision="bf16", engine="numpy")
    with pytest.raises(InputError, match=r"precision is 'bf61'; .*'bf16'"):
        ca.train({"x": x[:, 0], "y": y[:, 0]}, "y", precision="bf61")


def test_a_job_says_its_precision(tmp_path):
    x, y, _ = table()
    how = {"effort": "quick", "epochs": 2, "compare": False, "progress": False, "precision": "bf16"}
    run = ca.train({"a": x[:, 0], "b": x[:, 1], "y": y[:, 0]}, "y", out=tmp_path / "run", **how)
    assert run.settings["precision"] == "bf16" and run.engine == "xla"
    assert ca.load(tmp_path / "run").settings["precision"] == "bf16"
