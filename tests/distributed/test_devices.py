"""Devices of one process share the rows of a batch, or the networks: the weights are those of one device."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.losses import as_loss
from cutaway.training.engines import Engine
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from tests.distributed import work

pytest.importorskip("jax")

from cutaway.backends import backend_named

LAYERS = Path(ca.__file__).parent / "layers"
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}
COMMUNICATION = ("all-reduce", "all-gather", "collective-permute", "all-to-all", "reduce-scatter")


@pytest.fixture(scope="module", autouse=True)
def two_devices():
    backend_named("xla")
    import jax

    if jax.local_device_count() < 2 and "JAX_NUM_CPU_DEVICES" in os.environ:
        pytest.skip("this process has one device, as JAX_NUM_CPU_DEVICES or XLA_FLAGS says")
    if jax.local_device_count() < 2:  # this process has one core
        apart = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
        two = {**os.environ, "JAX_NUM_CPU_DEVICES": "2"}
        done = subprocess.run(
            apart, env=two, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
        )
        assert done.returncode == 0, done.stdout
        pytest.skip("this process has one core, and so one device; it was tested in another, with two")


def program(net, rows, devices, members=None, batch=32):
    """Return the text of the compiled chunk of a training, as it runs on one of its devices."""
    loss, optimizer = as_loss("cross_entropy"), ca.Adam(1e-3)
    net.build(rows.x[:1], 0)
    engine = Engine("xla", net, loss, optimizer, masked=False, members=members, devices=devices)
    plan = Plan(epochs=1, batch_size=batch, members=members, drop_last=True)
    carry = engine.start(plan.first_carry(net, optimizer, rows))
    order = plan.order(len(rows.x), 0)
    zero = np.zeros(() if members is None else members, np.float32)
    seeds = np.uint32(0) if members is None else np.arange(members, dtype=np.uint32)
    chunk = engine._compiled["chunk"]
    lowered = chunk.lower(carry, zero, engine.place(rows), order, np.int32(2), seeds, np.float32(9))
    return lowered.compile().as_text()


def messages(text):
    return {name: len(re.findall(rf"{name}(?:-start)?\(", text)) for name in COMMUNICATION}


def test_two_devices_give_the_weights_of_one():
    """Batches of 33 rows that count differently, which two do not divide, with batch statistics and dropout."""
    weights = np.linspace(0.1, 2, 203)
    expected, found = work.fitted(sample_weight=weights), work.fitted(devices=2, sample_weight=weights)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, **TOLERANCE, err_msg=name)


def pictures():
    random = np.random.default_rng(0)
    layers = (ca.Conv2D(4), ca.BatchNorm(), ca.Conv2D(16), ca.ReLU(), ca.Conv2D(16), ca.MaxPool2D(), ca.Flatten())
    return ca.Sequential(*layers, ca.Dense(3)), random.normal(size=(50, 8, 8, 3)), random.integers(0, 3, 50)


def texts():
    words = np.random.default_rng(0).integers(0, 11, (40, 9))
    layers = (ca.Embedding(11, 8), ca.LearnedPositions(8), ca.TransformerBlock(2), ca.Dense(11))
    return ca.Sequential(*layers), words[:, :-1], words[:, 1:]


@pytest.mark.parametrize(
    ("make", "batch"), [(pictures, 16), (pictures, 15), (texts, 15)], ids=["pictures", "odd pictures", "odd texts"]
)
def test_pictures_and_texts_on_two_devices(make, batch):
    """Convolutions by planes and by XLA's own routine; batches that two devices divide, and that they do not."""
    outputs = []
    for devices in (1, 2):
        net, x, y = make()
        ca.fit(
            net, x, y, loss="cross_entropy", optimizer=ca.GradientDescent(0.1), epochs=2, batch_size=batch,
            engine="xla", devices=devices, progress=False, observe=False,
        )  # fmt: skip
        outputs.append(net(x[:10] if x.dtype.kind == "i" else x[:10].astype(np.float32)))
    np.testing.assert_allclose(outputs[1], outputs[0], **TOLERANCE)


def test_rows_in_a_file_are_handed_to_each_device_by_its_share(tmp_path):
    x, y = work.rows()
    path = tmp_path / "rows"
    x.astype(np.float32).tofile(path)
    stored = np.memmap(path, np.float32, "r", shape=x.shape)
    found = []
    for devices in (1, 2):
        net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(2))
        net.build(x[:1], 0)
        loss = as_loss("cross_entropy")
        rows = Batch(stored, loss.prepare(y, (len(y), 2)), None)
        plan = Plan(epochs=3, batch_size=33, lean=True, watch=False)
        trained = Trainer(net, loss, ca.Adam(1e-2), plan, engine="xla", devices=devices).train(rows)
        found.append(trained.params)
    for path, array in found[0].items():
        np.testing.assert_allclose(found[1][path], array, **TOLERANCE, err_msg=path)


def test_one_message_a_step_and_none_for_networks_side_by_side():
    x, y = work.rows()
    rows = Batch(x.astype(np.float32), y.astype(np.int32), None)

    def net():
        return ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(2))

    divided = messages(program(net(), rows, devices=2))
    assert divided["all-reduce"] == 1  # all gradients and the loss in one
    assert sum(divided.values()) == 1
    assert sum(messages(program(net(), rows, devices=2, members=4)).values()) == 0
    assert sum(messages(program(net(), rows, devices=None, members=4)).values()) == 0


def test_each_device_computes_its_share_alone():
    """The program of one of two devices multiplies half the rows, and nowhere all of them."""
    x = np.random.default_rng(0).normal(size=(96, 7)).astype(np.float32)
    rows = Batch(x, np.zeros(96, np.int32), None)
    text = program(ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(3)), rows, devices=2, batch=48)
    assert "f32[24,5]" in text
    assert "f32[48,5]" not in text


def test_layers_know_nothing_of_devices():
    """The number of imports of JAX, and of anything that says where arrays are, in the layers: zero."""
    found = []
    for path in sorted(LAYERS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [
                f"{path.name}: {name}"
                for name in names
                if name.split(".")[0] in ("jax", "jaxlib") or re.search("device|division|process|distributed", name)
            ]
    assert found == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"devices": 999}, "999 were asked for, and this process has"),
        ({"devices": 0}, "devices must be a whole number of at least 1"),
        ({"devices": 2, "engine": "numpy"}, "engine 'numpy' has one device"),
    ],
)
def test_what_cannot_be_shared_is_refused(options, words):
    x, y = work.rows()
    with pytest.raises(InputError, match=words):
        ca.fit(work.network(), x, y, loss="cross_entropy", progress=False, **options)
