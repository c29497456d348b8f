"""What is written comes back to the bit; what was changed is refused with a message, and never bites."""

import json
import struct
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cutaway as ca
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import table_from
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.storage.architecture import INITIALIZERS, LAYERS, SCHEDULES, ModelFileError, describe, rebuild
from cutaway.storage.network_file import network_bytes, read_network, write_network

NETWORKS = {
    "dense": lambda: ca.Sequential(
        ca.Dense(4, initializer=ca.Orthogonal(2.0)), ca.LeakyReLU(0.2), ca.Dense(2, bias=False)
    ),
    "norms": lambda: ca.Sequential(
        ca.Dense(4), ca.BatchNorm(), ca.LayerNorm(), ca.Dropout(0.3), ca.Dense(1), ca.Sigmoid()
    ),
    "nested": lambda: ca.Sequential(
        ca.Dense(3), ca.Residual(ca.Sequential(ca.Dense(3), ca.GELU())), ca.ELU(0.5), ca.Softmax()
    ),
    "recipe": lambda: ca.Sequential(
        ca.PeriodicEmbedding(2, frequencies=5),
        ca.ColumnEmbedding([2], 3),
        ca.Scale(),
        ca.Dense(4, ntk=True, initializer=ca.UnitVariance(), bias_initializer=ca.RandomSimplex(3)),
        ca.Parametric(ca.SELU()),
        ca.Dropout(ca.FlatCos(0.15)),
        ca.Dense(1, ntk=True),
    ),
    "members": lambda: ca.Sequential(
        ca.MemberScale(3),
        ca.Dense(4),
        ca.ReLU(),
        ca.Dropout(ca.WarmUp.before(ca.StepDecay(0.2, (0.1, 0.9)))),
        ca.MemberDense(2, 3, initializer=ca.LeCun()),
    ),
    "codes": lambda: ca.Sequential(ca.ColumnEmbedding([3, 2], 4, initializer=ca.Uniform(-0.1, 0.1)), ca.Dense(2)),
}


def codes(rows=5):
    random = np.random.default_rng(1)
    return np.stack([random.standard_normal(rows), random.integers(0, 3, rows), random.integers(0, 2, rows)], axis=1)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(tmp_path, name, dtype):
    net = NETWORKS[name]().build(3, seed=4, dtype=dtype)
    write_network(tmp_path / "net.safetensors", net)
    again = read_network(tmp_path / "net.safetensors").network
    assert repr(again) == repr(net)
    assert {path: a.tobytes() for path, a in again.parameters().items()} == {
        path: a.tobytes() for path, a in net.parameters().items()
    }
    assert again(codes()).tobytes() == net(codes()).tobytes()
    assert network_bytes(again) == network_bytes(net)


def test_running_state_comes_back(tmp_path):
    net = ca.Sequential(ca.Dense(4), ca.BatchNorm(), ca.Dense(1))
    x = np.random.default_rng(0).standard_normal((32, 3)) + 2
    ca.fit(net, x, x[:, 0], loss="squared_error", epochs=3, engine="numpy")
    write_network(tmp_path / "net.safetensors", net)
    again = read_network(tmp_path / "net.safetensors").network
    assert not np.array_equal(again.state()["1.running_mean"], np.zeros(4))
    assert again(x).tobytes() == net(x).tobytes()


def test_a_loaded_network_can_be_changed_by_hand_and_trained_on(tmp_path):
    net = ca.Sequential(ca.Dense(1)).build(2)
    write_network(tmp_path / "net.safetensors", net)
    again = read_network(tmp_path / "net.safetensors").network
    again[0].weight = [[1.0], [2.0]]
    again[0].bias[0] = 0.5
    assert again(np.array([[1.0, 1.0]])).tolist() == [[3.5]]
    ca.fit(again, np.eye(2), np.ones(2), loss="squared_error", epochs=2, engine="numpy")


def test_members(tmp_path):
    net = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1))
    x = np.random.default_rng(0).standard_normal((20, 2))
    run = ca.fit(net, x, x[:, 0], loss="squared_error", epochs=2, members=3, engine="numpy")
    write_network(tmp_path / "net.safetensors", run.network)
    again = read_network(tmp_path / "net.safetensors").network
    assert len(again) == 3
    assert again.members(x).tobytes() == run.network.members(x).tobytes()


TARGETS = {
    "classes": ClassTarget("y", ("no", "yes"), temperature=1.7, threshold=0.31),
    "numbers": NumberTarget("y", 2.0, 3.0, -4.5, 11.25, margins=((0.5, 0.1), (0.9, 7.3))),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_known_of_the_target_comes_back(tmp_path, name):
    """Temperature and threshold; range and margins: predictions of a run depend on all of them."""
    table = table_from({"x": [0.5, 1.5, 2.5, 3.5], "y": [1.0, 2.0, 1.0, 2.0]})
    preprocessing = TableEncoder.fit(table, describe_columns(table, "y", number=["x"]))
    net = ca.Sequential(ca.Dense(2 if name == "classes" else 1)).build(preprocessing.transform(table))
    place = tmp_path / "net.safetensors"
    write_network(place, net, preprocessing=preprocessing, target=TARGETS[name])
    assert read_network(place).target == TARGETS[name]


def test_a_layer_used_twice_stays_one(tmp_path):
    shared = ca.Dense(2)
    net = ca.Sequential(shared, ca.Tanh(), shared).build(2)
    write_network(tmp_path / "net.safetensors", net)
    again = read_network(tmp_path / "net.safetensors").network
    assert again[0] is again[2]
    assert again(np.eye(2)).tobytes() == net(np.eye(2)).tobytes()


class Scale(ca.Layer):
    def __init__(self, factor=2.0):
        self.factor = factor
        self.weight = ca.Parameter(("features",), ca.Constant(factor))

    def forward(self, x, ctx):
        return x * self.weight


class Dense(ca.Layer):
    """Of the same name as one of the package's, and something else."""

    def __init__(self):
        self.weight = ca.Parameter(lambda shape: (shape[-1],), ca.Constant(3.0))

    def forward(self, x, ctx):
        return x * self.weight


def test_own_layers_load_when_they_are_given(tmp_path):
    place = tmp_path / "net.safetensors"
    net = ca.Sequential(Scale(1.5), Dense()).build(2)
    write_network(place, net)
    with pytest.raises(ModelFileError, match=r"of someone's own, 'Scale'.*layers=\[Scale\]"):
        read_network(place)
    again = read_network(place, layers=[Scale, Dense]).network
    assert again(np.eye(2)).tobytes() == net(np.eye(2)).tobytes()
    with pytest.raises(ca.InputError, match="expected classes derived from"):
        read_network(place, layers=["Scale"])


def test_what_cannot_be_data_is_refused_when_saving():
    class Odd(ca.Layer):
        def __init__(self, function):
            self.function = function

        def forward(self, x, ctx):
            return x

    class Careless(ca.Layer):
        def __init__(self, size):
            self.other = size

    with pytest.raises(ca.InputError, match=r"Odd: the argument function is .* cannot be saved"):
        describe(ca.Sequential(Odd(len)))
    with pytest.raises(ca.InputError, match="did not keep the argument 'size'"):
        describe(Careless(3))
    with pytest.raises(ca.InputError, match="no weights yet"):
        network_bytes(ca.Dense(2))
    broken = ca.Dense(2).build(2)
    broken.weight[0, 0] = np.nan
    with pytest.raises(ca.InputError, match="'weight' holds values that are not finite"):
        network_bytes(broken)


def test_every_layer_and_initializer_of_the_package_can_be_written():
    from cutaway.layers import Activation, Initializer, Layer

    kinds = {kind.__name__ for kind in _below(Layer) if kind.__module__.startswith("cutaway.layers.")}
    made = {name for name in kinds if not name.startswith("_")}  # what several kinds share is no kind
    assert made - {"Activation", "Recurrent"} == set(LAYERS)  # abstract, both
    drawn = {kind.__name__ for kind in _below(Initializer) if kind.__module__.startswith("cutaway.")}
    assert drawn - {"SideBySide"} == set(INITIALIZERS)  # a recurrent layer makes it of what it was given
    assert Activation.__name__ not in LAYERS
    assert {kind.__name__ for kind in _below(ca.Schedule) if kind.__module__.startswith("cutaway.")} == set(SCHEDULES)


@dataclass(frozen=True)
class Sawtooth(ca.Schedule):
    """A schedule of one's own."""

    teeth: int = 3

    def factor(self, t):
        return (self.teeth * t) % 1.0


def test_own_schedules_load_when_they_are_given(tmp_path):
    place = tmp_path / "net.safetensors"
    write_network(place, ca.Sequential(ca.Dense(2), ca.Dropout(Sawtooth(0.3, 5))).build(2))
    with pytest.raises(ModelFileError, match=r"a schedule of someone's own, 'Sawtooth'"):
        read_network(place)
    assert read_network(place, layers=[Sawtooth]).network[1].rate == Sawtooth(0.3, 5)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ({"schedule": "FlatCos", "arguments": {"rate": "1"}}, "FlatCos: rate is '1', expected float"),
        ({"schedule": "FlatCos", "arguments": {"rate": 1.5}}, "Dropout: rate is the share"),
        ({"schedule": "Schedule", "arguments": {"rate": 0.1}}, "a schedule 'Schedule'"),
        ({"schedule": "FlatCos", "arguments": {}}, "FlatCos: arguments"),
        ({"initializer": "He", "arguments": {}}, r"Dropout: rate is He\(\), expected float | .*Schedule"),
        ({"schedule": "He", "arguments": {}}, "a schedule 'He'"),
    ],
)
def test_schedules_that_are_none_are_refused(rate, words):
    with pytest.raises(ModelFileError, match=words):
        rebuild({"layer": "Dropout", "arguments": {"rate": rate}})


def test_an_argument_that_an_older_file_lacks_has_its_default():
    described = describe(ca.Dense(3, bias=False))
    del described["arguments"]["ntk"]
    assert repr(rebuild(described)) == "Dense(3, bias=False)"
    del described["arguments"]["units"]
    with pytest.raises(ModelFileError, match="Dense: arguments"):
        rebuild(described)


def _below(kind):
    return {kind_ for sub in kind.__subclasses__() for kind_ in {sub, *_below(sub)}}


# ---- refusals ------------------------------------------------------------------------------------------------


def parts(content):
    """The outer header and the rest of a safetensors file."""
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def joined(header, rest):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + rest


def table_bytes():
    table = table_from({"a": 1.5 * np.arange(30.0), "t": list("abcdefghij" * 3), "y": np.arange(30.0) % 7})
    encoder = TableEncoder.fit(table, describe_columns(table, "y"))
    net = ca.Sequential(ca.ColumnEmbedding(encoder.code_sizes, 2), ca.Dense(3), ca.ReLU(), ca.Dense(1)).build(
        encoder.width
    )
    return network_bytes(net, preprocessing=encoder, target=NumberTarget.fit("y", table.columns["y"]))


def changed(change, content=None):
    """A table's file whose own header went through `change`."""
    header, rest = parts(content or table_bytes())
    inner = json.loads(header["__metadata__"]["cutaway"])
    result = change(inner)
    header["__metadata__"]["cutaway"] = result if isinstance(result, str) else json.dumps(inner)
    return joined(header, rest)


def put(*path, value):
    def change(inner):
        place = inner
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


LAYER = ("network", "arguments", "layers")
REFUSED = {
    "version": (put("format", value=2), "format is 2"),
    "version true": (put("format", value=True), "format is True"),
    "kind": (put("kind", value="picture"), "holds a 'picture'"),
    "a field more": (put("hook", value="x"), "the header has"),
    "members": (put("members", value=-1), "members is -1"),
    "members that are not there": (put("members", value=3), "expected 3 members"),
    "a billion members": (put("members", value=10**9), "members is 1000000000"),
    "unknown layer": (put(*LAYER, 1, "layer", value="Lambda"), "a layer 'Lambda'"),
    "a module's name": (put(*LAYER, 1, "layer", value="os.system"), "a layer 'os.system'"),
    "abstract layer": (put(*LAYER, 1, "layer", value="Layer"), "a layer 'Layer'"),
    "not a layer": (put(*LAYER, 1, "layer", value="Context"), "a layer 'Context'"),
    "initializer as a layer": (put(*LAYER, 1, "layer", value="He"), "a layer 'He'"),
    "own layer": (put(*LAYER, 1, "own", value=True), "someone's own"),
    "own false": (put(*LAYER, 1, "own", value=False), "piece with"),
    "units text": (put(*LAYER, 1, "arguments", "units", value="3"), "units is '3', expected int"),
    "units true": (put(*LAYER, 1, "arguments", "units", value=True), "units is True, expected int"),
    "units negative": (put(*LAYER, 1, "arguments", "units", value=-3), "units must be"),
    "units other": (put(*LAYER, 1, "arguments", "units", value=4), "has shape"),
    "units huge": (put(*LAYER, 1, "arguments", "units", value=10**15), "has shape"),
    "bias a number": (put(*LAYER, 1, "arguments", "bias", value=1), "bias is 1, expected bool"),
    "no bias": (put(*LAYER, 1, "arguments", "bias", value=False), "not known"),
    "an argument more": (put(*LAYER, 1, "arguments", "function", value=1), "arguments"),
    "a layer as initializer": (
        put(*LAYER, 1, "arguments", "initializer", value={"layer": "ReLU", "arguments": {}}),
        "expected Initializer",
    ),
    "a number as layer": (put(*LAYER, 1, value=3), "expected a list of Layer"),
    "layers no list": (put(*LAYER, value=3), "expected a list of Layer"),
    "table sizes": (put(*LAYER, 0, "arguments", "sizes", value=[4]), "has shape"),
    "table sizes text": (put(*LAYER, 0, "arguments", "sizes", value="abc"), "expected"),
    "a layer taken away": (lambda inner: inner["network"]["arguments"]["layers"].pop(1), "do not fit the layers"),
    "a reference to nowhere": (put(*LAYER, 2, value={"same": 99}), "refers to layer 99"),
    "a reference to itself": (put("network", value={"same": 0}), "refers to layer 0"),
    "a list as network": (put("network", value=[]), "described as tuple"),
    "no network": (put("network", value=None), "described as NoneType"),
    "deep": (lambda inner: _deep(inner, 100), "nested more than"),
    "deeper than Python": (lambda inner: '{"network":' * 100_000, "is no JSON"),
    "preprocessing gone": (put("preprocessing", value=None), "table encoder"),
    "an unknown encoder": (put("preprocessing", "encoders", 0, "kind", value="pickle"), "pickle"),
    "spread text": (put("preprocessing", "encoders", 0, "spread", value="1"), "spread"),
    "categories beyond the table": (
        put("preprocessing", "encoders", 1, "categories", value=list("abcdefghijkl")),
        "holds 12.0, expected whole numbers from 0 to 10",
    ),
    "a column more": (
        lambda inner: inner["preprocessing"]["encoders"].insert(
            0, {**inner["preprocessing"]["encoders"][0], "column": "b"}
        ),
        "does not take inputs of shape (3,)",
    ),
    "target gone": (put("target", value=None), "lacks a target"),
    "target of classes": (
        put("target", value=ClassTarget("y", ("a", "b")).to_json()),
        "the target needs (1, 2)",
    ),
    "target std": (put("target", "std", value=0), "std is 0"),
    "target range": (put("target", "low", value=99), "the range 99.0 to"),
    "target without a range": (lambda inner: inner["target"].pop("high"), "number target: has the fields"),
    "margins": (put("target", "margins", value="wide"), "'margins' is 'wide'"),
    "temperature": (put("target", value=ClassTarget("y", ("a", "b"), 0.0).to_json()), "temperature 0.0"),
    "threshold": (put("target", value=ClassTarget("y", ("a", "b"), 1.0, 1.5).to_json()), "threshold 1.5"),
    "plain with preprocessing": (put("kind", value="network"), "plain network"),
    "key twice": (lambda inner: '{"format": 1, "format": 1}', "twice"),
    "NaN": (lambda inner: '{"format": NaN}', "NaN"),
    "too large a number": (lambda inner: '{"format": 1e999}', "1e999"),
    "a list": (lambda inner: "[]", "expected an object"),
    "no JSON": (lambda inner: "{", "no JSON"),
}


def _deep(inner, depth):
    for _ in range(depth):
        inner["network"] = {"layer": "Residual", "arguments": {"inner": inner["network"]}}


@pytest.mark.parametrize("name", REFUSED)
def test_a_changed_header_is_refused(tmp_path, name):
    change, words = REFUSED[name]
    place = tmp_path / "net.safetensors"
    place.write_bytes(changed(change))
    with pytest.raises(ModelFileError) as refused:
        read_network(place)
    assert str(place) in str(refused.value)
    assert words in str(refused.value)


def test_the_unchanged_file_loads(tmp_path):
    place = tmp_path / "net.safetensors"
    place.write_bytes(changed(lambda inner: None))
    held = read_network(place)
    assert held.preprocessing is not None and held.target is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04" * 40, "damaged"),
        (b"\x80\x04\x95" + b"pickle" * 20, "damaged"),
        (struct.pack("<Q", 2**60) + b"{}", "damaged"),
        (joined({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4), "no network of cutaway"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, content, words):
    place = tmp_path / "net.safetensors"
    place.write_bytes(content)
    with pytest.raises(ModelFileError, match=words):
        read_network(place)


def test_missing_and_folder(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        read_network(tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError, match="not a file"):
        read_network(tmp_path)


def test_weights_that_do_not_fit_are_refused(tmp_path):
    place = tmp_path / "net.safetensors"
    header, rest = parts(table_bytes())
    renamed = {("9.weight" if key == "1.weight" else key): value for key, value in header.items()}
    place.write_bytes(joined(renamed, rest))
    with pytest.raises(ModelFileError, match=r"missing \['1.weight'\], not known \['9.weight'\]"):
        read_network(place)
    integers = {key: ({**value, "dtype": "I32"} if key == "1.bias" else value) for key, value in header.items()}
    place.write_bytes(joined(integers, rest))
    with pytest.raises(ModelFileError, match="holds I32"):
        read_network(place)
    place.write_bytes(joined(header, b"\xff" * len(rest)))
    with pytest.raises(ModelFileError, match="not finite"):
        read_network(place)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_load_or_are_refused(tmp_path, data):
    content = bytearray(FUZZED)
    for _ in range(data.draw(st.integers(1, 4))):
        # Half of the changes in the header, where they mean most.
        end = data.draw(st.sampled_from([len(content), len(content) - len(parts(FUZZED)[1])]))
        content[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    place = tmp_path / "net.safetensors"
    place.write_bytes(bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))]))
    try:
        held = read_network(place)
    except ModelFileError:
        return
    assert held.preprocessing is not None


FUZZED = table_bytes()

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["layer", "arguments", "same", "own", "initializer", "schedule"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(LAYERS)), values=st.lists(ODD, min_size=4, max_size=4))
def test_any_arguments_make_a_layer_or_are_refused(kind, values):
    import inspect

    names = inspect.signature(LAYERS[kind]).parameters
    described = {"layer": kind, "arguments": dict(zip(names, values, strict=False))}
    with suppress(ModelFileError):
        rebuild(described)


def test_repeated_blocks_come_back_with_the_weights_of_each(tmp_path):
    inner = ca.Repeat(ca.Residual(ca.Dense(4)), 2)
    network = ca.Sequential(ca.Dense(4), ca.Repeat(inner, 3), ca.Dense(1)).build(2, seed=1)
    write_network(tmp_path / "n.safetensors", network)
    found = read_network(tmp_path / "n.safetensors").network
    assert found[1].block.block.inner.weight.shape == (3, 2, 4, 4)
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(found(x), network(x))
