import numpy as np
import pytest

import cutaway as ca


def test_codes_are_replaced_by_their_vectors():
    layer = ca.ColumnEmbedding([3, 2], 2).build(3)
    layer.table_0 = np.arange(6).reshape(3, 2)
    layer.table_1 = [[10, 11], [20, 21]]
    y = layer(np.array([[0.5, 2, 0], [0.25, 1, 1]]))
    assert y.tolist() == [[0.5, 4, 5, 10, 11], [0.25, 2, 3, 20, 21]]


def test_only_codes():
    layer = ca.ColumnEmbedding([3], 4).build(1)
    assert np.array_equal(layer(np.array([[1.0], [1.0]])), np.stack([layer.table_0[1]] * 2))


@pytest.mark.parametrize("sizes", [[3], [4, 2, 5]])
def test_blame_reaches_tables_and_the_layer_below(sizes):
    """Rule against central differences, through a dense layer above, codes repeated within the batch."""
    random = np.random.default_rng(0)
    net = ca.Sequential(ca.ColumnEmbedding(sizes, 3), ca.Dense(2), ca.Tanh()).build(2 + len(sizes), dtype=np.float64)
    codes = np.stack([random.integers(0, size, 9) for size in sizes], axis=1)
    dense = random.standard_normal((9, 2))
    paths = list(net.parameters())

    def output(*arrays):
        return net.bind(dict(zip(paths, arrays, strict=True)))(np.concatenate([dense, codes], axis=1), ctx=ca.Context())

    assert ca.check_gradients(output, list(net.parameters().values()), node=ca.Tensor) < 1e-7

    def of_inputs(x):
        joined = ca.ops.concatenate(x, codes.astype(float), axis=-1)
        return net(joined, ctx=ca.Context())

    assert ca.check_gradients(of_inputs, [dense], node=ca.Tensor) < 1e-7


def test_it_learns_on_both_engines():
    pytest.importorskip("jax")
    codes = np.arange(40) % 5
    x = np.stack([np.linspace(-1, 1, 40), codes], axis=1)
    y = np.array([3.0, -1.0, 0.5, 2.0, -2.0])[codes] + x[:, 0]
    weights = {}
    for engine in ("numpy", "xla"):
        net = ca.Sequential(ca.ColumnEmbedding([5], 2), ca.Dense(1))
        run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.Adam(0.05), epochs=120, batch_size=10, engine=engine)
        assert run.history[-1].loss < 0.01
        weights[engine] = net[0].table_0
    assert np.allclose(weights["numpy"], weights["xla"], atol=2e-3)


@pytest.mark.parametrize("code", [-1, 3, 0.5, 1e9])
def test_a_code_outside_the_table_is_refused(code):
    layer = ca.ColumnEmbedding([3], 2).build(2)
    with pytest.raises(ca.InputError, match=r"code column 0 holds .* expected whole numbers from 0 to 2"):
        layer(np.array([[0.0, 1.0], [0.0, code]]))


@pytest.mark.parametrize(("sizes", "dimensions"), [([], 2), ([0], 2), ([2.5], 2), ([3], 0)])
def test_sizes_that_are_none_are_refused(sizes, dimensions):
    with pytest.raises(ca.InputError, match="whole numbers of at least 1"):
        ca.ColumnEmbedding(sizes, dimensions)


def test_too_few_columns_are_refused():
    with pytest.raises(ca.InputError, match="last 2 columns are codes"):
        ca.ColumnEmbedding([3, 3]).build(1)
