"""Graphs of our own and of other programs become layers that say the same, and refuse what they cannot say."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.reading import read_table
from cutaway.export import from_onnx
from cutaway.export.export import written
from cutaway.storage.network_file import read_network, write_network

from .networks import NETWORKS, TOKENS, network_of

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("name", NETWORKS)
def test_there_and_back(name, tmp_path):
    net, x = network_of(name)
    (tmp_path / "net.onnx").write_bytes(written(net, "onnx", "net")[0]["net.onnx"])
    again = from_onnx(tmp_path / "net.onnx")
    np.testing.assert_allclose(again(x), net(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(again(x[:1]), net(x[:1]), rtol=1e-5, atol=1e-5)


def test_what_is_a_chain_of_layers_comes_back_as_one(tmp_path):
    net = ca.Sequential(
        ca.Conv2D(4, stride=2), ca.BatchNorm(), ca.ReLU(), ca.MaxPool2D(), ca.Conv2D(6), ca.GELU(),
        ca.GlobalAveragePool(), ca.Dense(5), ca.SiLU(), ca.LayerNorm(), ca.Dense(3), ca.Softmax(),
    ).build((9, 8, 2))  # fmt: skip
    (tmp_path / "net.onnx").write_bytes(written(net, "onnx", "net")[0]["net.onnx"])
    again = from_onnx(tmp_path / "net.onnx")
    assert isinstance(again, ca.Sequential)
    assert [type(layer) for layer in again] == [type(layer) for layer in net]
    for path, array in net.parameters().items():
        np.testing.assert_array_equal(again.parameters()[path], array)


@pytest.mark.parametrize("name", ["Residual", "TransformerBlock", "Bidirectional", "PeriodicEmbedding"])
def test_a_graph_is_saved_trained_and_compiled_like_any_network(name, tmp_path):
    net, x = network_of(name)
    (tmp_path / "net.onnx").write_bytes(written(net, "onnx", "net")[0]["net.onnx"])
    again = from_onnx(tmp_path / "net.onnx")
    assert isinstance(again, ca.Graph)
    write_network(tmp_path / "net.safetensors", again)
    loaded = read_network(tmp_path / "net.safetensors").network
    assert loaded(x).tobytes() == again(x).tobytes()
    ca_loss = ca.SquaredError()

    def gradients(of, engine_x):
        tensors = ca.as_tensors(of.parameters())
        y = of.bind(tensors)(engine_x, ctx=ca.Context())
        return ca.gradients(ca_loss(y, np.ones(y.shape, np.float32)), tensors)

    ours, theirs = gradients(again, x), gradients(net, x)
    # The same function of the same input: blame of what has the same shape and values is the same.
    for path, array in net.parameters().items():
        same = [
            key
            for key, other in again.parameters().items()
            if other.shape == array.shape and np.array_equal(other, array)
        ]
        for key in same:
            np.testing.assert_allclose(ours[key], theirs[path], rtol=1e-3, atol=1e-5)
    jax = pytest.importorskip("jax")
    compiled = jax.jit(lambda params, x: again.bind(params)(x, ctx=ca.Context()))
    np.testing.assert_allclose(compiled(again.parameters(), x), again(x), rtol=1e-4, atol=1e-5)


def made(nodes, arrays, inputs=("x",), outputs=("y",), opset=18, shape=(None, 3), kind=TensorProto.FLOAT):
    graph = helper.make_graph(
        nodes, "made", [helper.make_tensor_value_info(name, kind, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return onnx.shape_inference.infer_shapes(model)


def check(model, feed, tmp_path, atol=1e-5):
    """Compare with ONNX's own reference, and return the network."""
    (tmp_path / "made.onnx").write_bytes(model.SerializeToString())
    expected = ReferenceEvaluator(model).run(None, feed)[0]
    net = from_onnx(tmp_path / "made.onnx")
    np.testing.assert_allclose(net(*feed.values()), expected, rtol=1e-5, atol=atol)
    return net


def weights(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def test_gemm_with_factors_and_a_turned_weight(tmp_path):
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=2.0, transB=1)]
    net = check(made(nodes, {"w": weights(4, 3), "b": weights(4)}), {"x": weights(2, 3)}, tmp_path)
    assert repr(net) == "Sequential(Dense(4))"


def test_a_sum_that_two_nodes_take_keeps_no_bias(tmp_path):
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Add", ["h", "b"], ["s"]),
        helper.make_node("Mul", ["h", "s"], ["y"]),
    ]
    check(made(nodes, {"w": weights(3, 4), "b": weights(4)}), {"x": weights(2, 3)}, tmp_path)


def test_pictures_with_channels_first(tmp_path):
    """Convolution, norm, a branch that is added, a pool, and a Flatten that sees channels first."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 1]),
        helper.make_node("BatchNormalization", ["c", "s", "o", "m", "v"], ["n"], epsilon=1e-3),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Conv", ["r", "u"], ["d"], kernel_shape=[1, 1]),
        helper.make_node("Add", ["r", "d"], ["a"]),
        helper.make_node("MaxPool", ["a"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "g", "h"], ["y"]),
    ]
    arrays = {
        "w": weights(4, 2, 3, 3), "b": weights(4), "s": weights(4), "o": weights(4), "m": weights(4),
        "v": np.abs(weights(4)) + 0.5, "u": weights(4, 4, 1, 1), "g": weights(24, 3), "h": weights(3),
    }  # fmt: skip
    model = made(nodes, arrays, shape=(None, 2, 7, 6))
    net = check(model, {"x": weights(2, 2, 7, 6)}, tmp_path)
    turns = [layer for _, layer in net.named_layers() if isinstance(layer, ca.Operation) and layer.name == "transpose"]
    assert len(turns) == 2  # on the way in, and before the Flatten; none in between


def test_attention_written_out(tmp_path):
    """Shapes that are computed, heads, a mask and a softmax, as programs write them."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["q"]),
        helper.make_node("Shape", ["x"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "zero"], ["batch"], axis=0),
        helper.make_node("Unsqueeze", ["batch", "first"], ["one"]),
        helper.make_node("Concat", ["one", "rest"], ["to"], axis=0),
        helper.make_node("Reshape", ["q", "to"], ["heads"]),
        helper.make_node("Transpose", ["heads"], ["t"], perm=[0, 2, 1, 3]),
        helper.make_node("Transpose", ["t"], ["k"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["t", "k"], ["scores"]),
        helper.make_node("Div", ["scores", "root"], ["scaled"]),
        helper.make_node("Where", ["mask", "scaled", "low"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["p"], axis=-1),
        helper.make_node("MatMul", ["p", "t"], ["found"]),
        helper.make_node("Transpose", ["found"], ["back"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["back", "flat"], ["y"]),
    ]
    arrays = {
        "w": weights(4, 4), "zero": np.array(0), "first": np.array([0]), "rest": np.array([5, 2, 2]),
        "root": np.float32(1.5), "mask": np.tri(5, dtype=bool), "low": np.float32(-1e9), "flat": np.array([0, 0, -1]),
    }  # fmt: skip
    check(made(nodes, arrays, shape=(None, 5, 4)), {"x": weights(3, 5, 4)}, tmp_path)


def test_a_norm_written_out(tmp_path):
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["m"]),
        helper.make_node("Sub", ["x", "m"], ["d"]),
        helper.make_node("Pow", ["d", "two"], ["s"]),
        helper.make_node("ReduceMean", ["s", "axes"], ["v"]),
        helper.make_node("Add", ["v", "epsilon"], ["e"]),
        helper.make_node("Sqrt", ["e"], ["r"]),
        helper.make_node("Div", ["d", "r"], ["n"]),
        helper.make_node("Mul", ["n", "w"], ["y"]),
    ]
    arrays = {"axes": np.array([-1]), "two": np.float32(2), "epsilon": np.float32(1e-5), "w": weights(3)}
    check(made(nodes, arrays), {"x": weights(4, 3)}, tmp_path)


def test_two_inputs_and_pieces(tmp_path):
    nodes = [
        helper.make_node("Split", ["x", "sizes"], ["a", "b"], axis=1),
        helper.make_node("Concat", ["b", "z", "a"], ["c"], axis=1),
        helper.make_node("Slice", ["c", "from", "to", "axis", "step"], ["d"]),
        helper.make_node("Clip", ["d", "low", "high"], ["e"]),
        helper.make_node("ReduceMax", ["e", "axis"], ["y"], keepdims=0),
    ]
    arrays = {
        "sizes": np.array([1, 2]), "from": np.array([-1]), "to": np.array([-9]), "axis": np.array([1]),
        "step": np.array([-2]), "low": np.float32(-0.5), "high": np.float32(0.7),
    }  # fmt: skip
    net = check(made(nodes, arrays, inputs=("x", "z")), {"x": weights(4, 3), "z": weights(4, 3)}, tmp_path)
    assert net.inputs == ("x", "z")


def test_words(tmp_path):
    nodes = [
        helper.make_node("Gather", ["w", "x"], ["e"]),
        helper.make_node("ReduceSum", ["e", "a"], ["y"], keepdims=0),
    ]
    arrays = {"w": weights(9, 4), "a": np.array([1])}
    net = check(made(nodes, arrays, shape=(None, 5), kind=TensorProto.INT64), {"x": TOKENS}, tmp_path)
    assert isinstance(net[0], ca.Embedding)


def test_every_operator_without_a_layer_is_named(tmp_path):
    nodes = [
        helper.make_node("Det", ["x"], ["a"]),
        helper.make_node("Hardmax", ["x"], ["b"]),
        helper.make_node("Hardmax", ["b"], ["c"]),
        helper.make_node("Add", ["a", "c"], ["y"]),
    ]
    (tmp_path / "made.onnx").write_bytes(made(nodes, {}, shape=(None, 3, 3)).SerializeToString())
    with pytest.raises(ca.InputError, match=r"made.onnx: .*cannot be read: Det, Hardmax \(2\);"):
        from_onnx(tmp_path / "made.onnx")


def test_ways_to_use_an_operator_that_cannot_be_read_are_named_together(tmp_path):
    nodes = [
        helper.make_node("MaxPool", ["x"], ["a"], kernel_shape=[2, 2], ceil_mode=1),
        helper.make_node("Conv", ["x", "w"], ["b"], kernel_shape=[2, 2], auto_pad="SAME_LOWER"),
        helper.make_node("Concat", ["a", "b"], ["y"], axis=1),
    ]
    (tmp_path / "made.onnx").write_bytes(
        made(nodes, {"w": weights(2, 2, 2, 2)}, shape=(1, 2, 5, 5)).SerializeToString()
    )
    with pytest.raises(ca.InputError, match=r"a pool with ceil_mode.*padding SAME_LOWER"):
        from_onnx(tmp_path / "made.onnx")


def test_a_node_of_a_few_bytes_does_not_fill_the_memory(tmp_path):
    nodes = [helper.make_node("ConstantOfShape", ["huge"], ["a"]), helper.make_node("Add", ["x", "a"], ["y"])]
    model = made(nodes, {"huge": np.array([1 << 20, 1 << 20])})
    (tmp_path / "made.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ca.InputError, match="ConstantOfShape of more than 67,108,864 numbers"):
        from_onnx(tmp_path / "made.onnx")


def test_a_node_that_does_not_fit_what_it_takes(tmp_path):
    nodes = [helper.make_node("Gemm", ["x", "w"], ["y"])]
    model = made(nodes, {"w": weights(3, 2)})
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights(3), "w"))
    (tmp_path / "made.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ca.InputError, match="Gemm that does not fit what it takes"):
        from_onnx(tmp_path / "made.onnx")


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x09" + b"\x00" * 40])
def test_files_that_are_no_graph_are_refused(content, tmp_path):
    (tmp_path / "made.onnx").write_bytes(content)
    with pytest.raises(ca.InputError, match="no ONNX graph, or a damaged one"):
        from_onnx(tmp_path / "made.onnx")
    with pytest.raises(ca.InputError, match="there is no such file"):
        from_onnx(tmp_path / "other.onnx")


def test_one_output_of_several_and_nothing_that_only_others_need(tmp_path):
    nodes = [
        helper.make_node("ArgMax", ["h"], ["label"], axis=1),
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Det", ["x"], ["other"]),
        helper.make_node("Softmax", ["h"], ["p"]),
    ]
    model = made([nodes[1], nodes[0], *nodes[2:]], {"w": weights(3, 3)}, outputs=("p",), shape=(3, 3))
    model.graph.output.insert(0, helper.make_tensor_value_info("label", TensorProto.INT64, [3, 1]))
    model.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, []))
    (tmp_path / "made.onnx").write_bytes(model.SerializeToString())
    assert repr(from_onnx(tmp_path / "made.onnx")) == "Sequential(Dense(3, bias=False), Softmax())"
    with pytest.raises(ca.InputError, match="cannot be read: Det"):
        from_onnx(tmp_path / "made.onnx", output="other")
    with pytest.raises(ca.InputError, match=r"has no output 'z'; its outputs are 'label', 'p', 'other'"):
        from_onnx(tmp_path / "made.onnx", output="z")


def test_the_encoded_graph_of_a_table_comes_back(tmp_path):
    from .made import csv_rows, table_run

    (tmp_path / "known.csv").write_text(csv_rows(), encoding="utf-8")
    run = table_run(tmp_path / "known.csv", "classes", "ensemble")
    (tmp_path / "net.onnx").write_bytes(written(run, "onnx", "net")[0]["net.onnx"])
    x = run.preprocessing.transform(read_table(tmp_path / "known.csv"))
    made = from_onnx(tmp_path / "net.onnx")(x)
    np.testing.assert_allclose(made, run.predict_proba(tmp_path / "known.csv"), atol=1e-5)


def test_texts_as_inputs_are_refused(tmp_path):
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Cast", ["s"], ["y"], to=TensorProto.FLOAT)]
    (tmp_path / "made.onnx").write_bytes(made(nodes, {}, kind=TensorProto.STRING).SerializeToString())
    with pytest.raises(ca.InputError, match="its input 'x' is text"):
        from_onnx(tmp_path / "made.onnx")
