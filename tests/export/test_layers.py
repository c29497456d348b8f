"""Every layer in every form gives what the layer gives; the runtimes that compute them share no code with it."""

import importlib.util
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.export.export import written
from cutaway.layers import Ensemble
from cutaway.storage.architecture import LAYERS

from .made import members_of
from .networks import NETWORKS, REFUSED, ROWS, network_of


def loaded(net, to, folder, name="exported"):
    """The module that an export to Python wrote."""
    for file, content in written(net, to, name)[0].items():
        (folder / file).write_bytes(content)
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def session(content):
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def onnx_outputs(net, x):
    pytest.importorskip("onnx")
    [output] = session(written(net, "onnx", "net")[0]["net.onnx"]).run(None, {"x": x})
    return output


def test_no_layer_is_forgotten():
    assert set(NETWORKS) | REFUSED == set(LAYERS)
    for name, make in NETWORKS.items():
        assert name in {type(layer).__name__ for _, layer in make()[0].named_layers()}


@pytest.mark.parametrize("name", NETWORKS)
def test_numpy(name, tmp_path):
    net, x = network_of(name)
    made = loaded(net, "numpy", tmp_path).predict(x)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, net(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_numpy_in_double_precision_is_the_same_arithmetic(name, tmp_path):
    """With nothing rounded, what remains between two ways to compute is their difference."""
    net, x = network_of(name)
    params, state = (
        {path: array.astype(np.float64) for path, array in arrays.items()} for arrays in (net.parameters(), net.state())
    )
    if not params:
        pytest.skip("without weights there is no double precision to ask for")
    twin, x = net.bind(params, state), x.astype(np.float64) if x.dtype.kind == "f" else x
    made = loaded(twin, "numpy", tmp_path).predict(x)
    np.testing.assert_allclose(made, twin(x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_pytorch(name, tmp_path):
    pytest.importorskip("torch")
    net, x = network_of(name)
    made = loaded(net, "pytorch", tmp_path).predict(x)
    np.testing.assert_allclose(made, net(x), rtol=1e-5, atol=1e-5)


def test_pytorch_in_double_precision(tmp_path):
    pytest.importorskip("torch")
    net = ca.Sequential(ca.Dense(4), ca.GELU(), ca.Dense(2)).build(ROWS.astype(np.float64), dtype=np.float64)
    x = ROWS.astype(np.float64)
    np.testing.assert_allclose(loaded(net, "pytorch", tmp_path, "double").predict(x), net(x), rtol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx(name):
    net, x = network_of(name)
    made = onnx_outputs(net, x)
    np.testing.assert_allclose(made, net(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(onnx_outputs(net, x[:1]), made[:1], rtol=1e-5, atol=1e-5)  # the batch is open


def ensemble():
    net, x = network_of("BatchNorm")
    return members_of(net, 3), x


def test_members_are_averaged(tmp_path):
    together, x = ensemble()
    assert isinstance(together, Ensemble)
    expected = together(x)
    assert np.abs(together.members(x) - expected).max() > 0.05  # or one member could pass for the mean
    np.testing.assert_allclose(loaded(together, "numpy", tmp_path).predict(x), expected, atol=1e-6)
    np.testing.assert_allclose(onnx_outputs(together, x), expected, atol=1e-5)
    pytest.importorskip("torch")
    module = loaded(together, "pytorch", tmp_path, "torch_members")
    np.testing.assert_allclose(module.predict(x), expected, atol=1e-5)


def test_only_the_layers_that_the_network_has_are_written(tmp_path):
    code = written(ca.Sequential(ca.Dense(2), ca.ReLU()).build(3), "numpy", "small")[0]["small.py"].decode()
    assert "def dense(" in code and "def relu(" in code
    assert "def gelu(" not in code and "def attention(" not in code and "import re" not in code


def test_pytorch_is_made_of_its_own_modules():
    net = ca.Sequential(ca.Dense(4), ca.ReLU(), ca.LayerNorm(), ca.Dense(2)).build(3)
    code = written(net, "pytorch", "small")[0]["small.py"].decode()
    for line in ("nn.Linear(3, 4)", "nn.ReLU()", "nn.LayerNorm(4, eps=1e-05)", "nn.Linear(4, 2)"):
        assert f"        {line}," in code


class Own(ca.Layer):
    def forward(self, x, ctx):
        return x


@pytest.mark.parametrize("to", ["numpy", "onnx", "pytorch"])
def test_what_cannot_be_said_is_named_at_once(to, tmp_path):
    net = ca.Sequential(ca.Dense(2), Own(), ca.Operation("exp")).build(ROWS)
    with pytest.raises(ca.InputError, match=r"no such form of Own \('1'\), Operation \('2'\)"):
        ca_export(net, to, tmp_path)
    assert list(tmp_path.iterdir()) == []


def ca_export(net, to, folder):
    from cutaway.export import export

    return export(net, to, folder / ("a.onnx" if to == "onnx" else "a.py"))


def test_a_network_without_weights_is_refused(tmp_path):
    with pytest.raises(ca.InputError, match="no weights yet"):
        ca_export(ca.Sequential(ca.Dense(2)), "numpy", tmp_path)


@pytest.mark.parametrize(
    ("to", "name", "words"),
    [
        ("tensorflow", "a.py", "to is 'tensorflow'"),
        ("numpy", "a.onnx", "ends in .py"),
        ("onnx", "a.py", "ends in .onnx"),
        ("numpy", "my-net.py", "no name that Python can import"),
        ("numpy", "no/such/folder/a.py", "there is no folder"),
    ],
)
def test_wrong_places_are_refused(to, name, words, tmp_path):
    from cutaway.export import export

    with pytest.raises(ca.InputError, match=words):
        export(ca.Dense(2).build(3), to, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
