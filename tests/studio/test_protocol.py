"""Messages: what goes in comes out, byte by byte, and what cannot be read is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.errors import InputError
from cutaway.studio.protocol import as_frame, from_frame, packed, unpacked

LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text()


def equal(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return type(a) is type(b) and a == b


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="abcd"), inner)))
def test_what_is_sent_arrives(content):
    assert equal(unpacked(*from_frame(as_frame(*packed({"content": content}))))["content"], content)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8])
def test_arrays_arrive_bit_by_bit(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)[:, ::-1]
    if dtype in (np.float32, np.float64):
        array = array.copy()
        array[0, 0], array[0, 1] = np.nan, np.inf
    content, buffers = from_frame(as_frame(*packed({"a": array, "b": [array.T]})))
    found = unpacked(content, buffers)
    assert found["a"].dtype == dtype
    np.testing.assert_array_equal(found["a"], array)
    np.testing.assert_array_equal(found["b"][0], array.T)


def test_the_header_is_json_without_nan_and_its_length_comes_first():
    data = as_frame(*packed({"loss": float("inf"), "x": np.zeros(2, np.float32)}))
    size = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + size], parse_constant=lambda name: pytest.fail(name))
    assert header == {
        "content": {"loss": {"$number": "inf"}, "x": {"$array": 0, "shape": [2], "type": "f4"}}, "buffers": [8],
    }  # fmt: skip
    assert data[4 + size :] == bytes(8)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x05", b"\xff\xff\xff\xffabc", b"\x02\x00\x00\x00[]", b"\x02\x00\x00\x00{}", b"\x03\x00\x00\x00{,}"],
)
def test_bytes_that_are_no_message_are_refused(data):
    with pytest.raises(InputError, match="message: "):
        from_frame(data)


def test_buffers_that_are_longer_or_shorter_than_told_are_refused():
    data = as_frame({"x": {"$array": 0, "shape": [2], "type": "f4"}}, [bytes(8)])
    for wrong in (data[:-1], data + b"x"):
        with pytest.raises(InputError, match="as long as"):
            from_frame(wrong)


@pytest.mark.parametrize(
    "content",
    [
        {"$array": 1, "shape": [2], "type": "f4"}, {"$array": 0, "shape": [3], "type": "f4"},
        {"$array": 0, "shape": [-2], "type": "f4"}, {"$array": 0, "shape": [2], "type": "O"},
        {"$array": True, "shape": [2], "type": "f4"}, {"$number": "1e999"},
    ],
)  # fmt: skip
def test_arrays_that_are_not_there_are_refused(content):
    with pytest.raises(InputError, match="message: "):
        unpacked({"x": content}, [bytes(8)])


def test_deeply_nested_requests_are_refused():
    content: list = []
    for _ in range(100):
        content = [content]
    with pytest.raises(InputError, match="deep"):
        unpacked(content, [])
