"""Pages: whole, self-contained, with every number of the ledger, and nothing from data that a browser would run."""

import base64
import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import neurons, text_explained, trace
from cutaway.explain.drawing import png, strip

from .networks import built

EVIL = '<script>alert("x")</script>'


class Checked(HTMLParser):
    """Fails where a tag is not closed, or something would be loaded or run."""

    def __init__(self):
        super().__init__()
        self.open, self.words = [], ""

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "iframe")
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "href") or value.startswith("data:image/png;base64,")
        if tag not in ("meta", "img", "br", "line", "rect", "image"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("line", "rect", "image"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def words(page):
    parser = Checked()
    parser.feed(page)
    assert not parser.open
    assert "prefers-color-scheme: dark" in page
    return parser.words


def test_every_step_neuron_and_weight_to_blame_is_there():
    net = ca.Sequential(ca.Dense(3), ca.ReLU(), ca.Dense(2)).build(3)
    found = trace(net, [[1.0, -2.0, 0.5]], [1], "cross_entropy")
    page = words(found.html())
    for step in found.steps:
        assert step.formula in page and step.figures() in page
    for layer in neurons(found):
        for neuron in layer.neurons:
            assert all(stage in page for stage in neuron.stages)
    for blame in found.blame():
        assert blame.name in page


@pytest.mark.parametrize("name", ["TransformerBlock", "Conv2D", "LSTM", "members"])
def test_other_networks_too(name):
    network, x = built(name)
    assert trace(network, x).steps[-1].figures() in words(trace(network, x).html())


def test_a_text_is_escaped():
    tokens = ca.Embedding(3, 4)
    net = ca.Sequential(tokens, ca.MultiHeadAttention(2, causal=True), ca.Unembedding(tokens))
    page = text_explained(net, [0, 1, 2], [EVIL, "\n", "é"]).html()
    assert EVIL in words(page)
    assert "<script" not in page


def test_a_notebook_shows_a_frame_of_its_own():
    found = trace(ca.Sequential(ca.Dense(1)).build(1), [[1.0]])
    assert found._repr_html_().startswith("<iframe srcdoc=")
    assert found._repr_html_().count("<") == 2


def test_png_holds_the_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4))
    file = png(pixels / 255)
    size, data = struct.unpack(">II", file[16:24]), file[file.index(b"IDAT") + 4 : file.index(b"IEND") - 8]
    assert size == (5, 3)
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(3, 1 + 5 * 4)
    np.testing.assert_array_equal(lines[:, 1:].reshape(3, 5, 4), pixels)
    pillow = pytest.importorskip("PIL.Image")
    import io

    np.testing.assert_array_equal(np.asarray(pillow.open(io.BytesIO(file))), pixels)
    assert base64.b64encode(file)


def test_strips_say_each_number_and_are_left_out_where_there_are_many():
    drawn = strip(np.array([1.0, -0.5]), "values")
    assert re.findall(r"<title>([^<]*)</title></rect>", drawn) == ["1", "−0.5"]
    assert strip(np.zeros(1000), "values") == ""


def test_as_data():
    import json

    net = ca.Sequential(ca.Dense(3), ca.ReLU(), ca.Dense(200)).build(3)
    data = json.loads(json.dumps(trace(net, [[1.0, -2.0, float("inf")]]).to_json(), allow_nan=False))
    assert data["steps"][0]["formula"] == "x · 0.weight"
    assert data["value"] is None and data["output"]["mean"] is None
    assert "NaN" in str(trace(net, [[1.0, -2.0, float("nan")]]))
    assert "numbers" not in data["output"] and data["output"]["shape"] == [1, 200]
