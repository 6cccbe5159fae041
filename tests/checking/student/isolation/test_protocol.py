"""Frames: what is sent arrives as it was, and what is malformed is refused in a sentence."""

import json
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minivit.checking.calls import every_call
from minivit.checking.student.isolation import protocol
from minivit.checking.student.isolation.protocol import ProtocolError, frame, opened
from minivit.ops import Drop

KEY = b"a key of the test"
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
numbers = st.sampled_from(sorted(protocol.DTYPES)).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))
)
values = st.recursive(
    plain | numbers,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
        | st.builds(Drop, inner, inner, inner)
    ),
    max_leaves=10,
)


def through(message: dict) -> dict:
    """The message at the other end."""
    data = frame(message, KEY)
    return opened(data[: protocol.START], data[protocol.START :], KEY)


def same(one, other) -> bool:
    """Equal in value, type, dtype and shape."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape) == (other.dtype, other.shape) and (
            one.tobytes() == other.tobytes()
        )
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_is_sent_arrives(message):
    assert same(through(message), message)


@pytest.mark.parametrize(("name", "call"), every_call().items())
def test_every_option_of_the_table_of_calls_arrives(name, call):
    assert same(through({"options": call.options})["options"], call.options)


def test_arrays_of_any_layout_arrive_as_their_numbers_and_can_be_written():
    whole = np.arange(24.0).reshape(2, 3, 4)
    for array in (whole.T, whole[:, ::2], np.asfortranarray(whole), np.broadcast_to(1.0, (2, 3))):
        found = through({"x": array})["x"]
        assert (found == array).all() and found.flags.c_contiguous and found.flags.writeable


@pytest.mark.parametrize(
    "value",
    [1j, [1], {1}, np.float32(1), np.zeros(2, complex), np.zeros(2, object), np.zeros(2, ">f8"),
     np.zeros(2, np.float16), np.ma.zeros(2), b"".join, type("Drop", (tuple,), {})()],
)  # fmt: skip
def test_the_sender_refuses_what_has_no_word(value):
    with pytest.raises(TypeError, match="can't be sent"):
        frame({"x": value}, KEY)


def test_a_message_that_is_too_long_is_refused_by_the_sender(monkeypatch):
    monkeypatch.setattr(protocol, "LARGEST", 1000)
    with pytest.raises(ValueError, match="longer than a frame"):
        frame({"x": np.zeros(200)}, KEY)


def body(header, raw: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + raw


def message(*value) -> bytes:
    """The header of {"x": value}."""
    return body(["dict", ["tuple", ["str", "x"], *value]])


WRONG = {
    "is too short": b"1234567",
    "claims 9": struct.pack("<Q", 9) + b"12345678",
    "is no JSON": body(b"{"),
    "is no JSON ": body(b"\xff"),
    "is no JSON  ": body(b"[" * 100_000),
    "is no JSON   ": body(b"1" * 5000),  # Python reads whole numbers of 4300 digits
    "has no tag": body({"x": 1}),
    "has no tag ": message(1.5),
    "has no tag  ": body(b'["dict", ["tuple", ["str", "x"], NaN]]'),
    "has no tag   ": message([]),
    "has no tag    ": message([["str", "x"]]),
    "is no dict": body(["tuple"]),
    "is no tag": message(["complex", 1]),
    "is no tag ": message(["Window\n", 1]),
    "has 3 fields, not 1": message(["Drop", 1]),
    "is no float": message(["float", "1,5"]),
    "is no float ": message(["float", "0x1p99999"]),
    "is no float  ": message(["float", 1]),
    "is no str": message(["str", 1]),
    "is no str ": message(["str", "a", "b"]),
    "a word and its value": message(["dict", 1]),
    "a word and its value ": message(["dict", ["tuple", 1, 2]]),
    "a word twice": message(["dict", *[["tuple", ["str", "a"], 1]] * 2]),
    "is no dtype": message(["array"]),
    "is no dtype ": message(["array", "object", 1]),
    "is no dtype  ": message(["array", ["float64"], 1]),
    "is no shape": message(["array", "float64", -1]),
    "is no shape ": message(["array", "float64", True]),
    "is no shape  ": message(["array", "float64", 1.0]),
    "is no shape   ": message(["array", "float64", 1 << 40]),
    "is no shape    ": message(["array", "float64", *[1] * 40]),
    "is no shape of an array": message(["array", "float64", 0, *[1 << 39] * 2]),
    "more bytes": message(["array", "float64", 2]) + bytes(15),
    "more bytes ": message(["bytes", 3]) + b"12",
    "more bytes  ": message(["bytes"]),
    "belong to no array": message(["array", "float64", 1]) + bytes(9),
    "neither 0 nor 1": message(["array", "bool", 2]) + b"\x01\x02",
}


@pytest.mark.parametrize(("sentence", "data"), WRONG.items())
def test_a_malformed_body_is_refused(sentence, data):
    with pytest.raises(ProtocolError, match=sentence.strip()):
        protocol.message_of(data)


def test_values_within_values_without_end_are_refused():
    value = 1
    for _ in range(100):
        value = ["tuple", value]
    with pytest.raises(ProtocolError, match="deep within each other"):
        protocol.message_of(message(value))


def test_a_frame_that_is_cut_changed_or_sealed_by_another_is_refused():
    data = frame({"x": np.arange(3)}, KEY)
    start, rest = data[: protocol.START], data[protocol.START :]
    with pytest.raises(ProtocolError, match="ends before"):
        opened(start, rest[:-1], KEY)
    with pytest.raises(ProtocolError, match="seal"):
        opened(start, rest, b"another key")
    for place in range(protocol.LENGTH.size, len(data)):
        forged = bytearray(data)
        forged[place] ^= 1
        with pytest.raises(ProtocolError, match="seal"):
            opened(bytes(forged[: protocol.START]), bytes(forged[protocol.START :]), KEY)


def test_a_frame_that_claims_more_than_may_be_is_refused_before_it_is_read():
    start = struct.pack("<Q", protocol.LARGEST + 1) + bytes(protocol.SEAL)
    with pytest.raises(ProtocolError, match="are the most"):
        protocol.body_length(start)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data):
    with suppress(ProtocolError):
        protocol.message_of(data)


words = st.sampled_from([*protocol.TUPLES, "array", "bytes", "dict", "float", "str", "tuple"])
trees = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=4) | words,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(words, inner, inner).map(list),
)


@given(trees, st.binary(max_size=64))
def test_any_json_is_a_message_or_refused(tree, raw):
    with suppress(ProtocolError):
        protocol.message_of(body(["dict", ["tuple", ["str", "x"], tree]], raw))
