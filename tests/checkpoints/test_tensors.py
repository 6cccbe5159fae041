"""Reading safetensors files: dtypes that NumPy lacks, and headers that nobody should believe."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import save_file

from minivit import InputError
from minivit.checkpoints.tensors import LONGEST_HEADER, parse, read_tensors


def write(path, header: bytes | dict, numbers: bytes = b"", length: int | None = None):
    """A safetensors file by hand, with any header and any claim of how long it is."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + numbers)
    return path


def entry(dtype: str, shape: list, begin: int, end: int) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def read(path) -> dict[str, np.ndarray]:
    with open(path, "rb") as file:
        return {name: np.asarray(tensor) for name, tensor in read_tensors(file, path)[0].items()}


def test_arrays_are_those_of_the_package_that_wrote_them(tmp_path):
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.float32([[1.5], [-2]]),
        "none": np.zeros((0, 4), np.float32),
        "one": np.array(7.0),
    }
    save_file(arrays, tmp_path / "x.safetensors", metadata={"text": "é"})
    found = read(tmp_path / "x.safetensors")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)


def test_half_precision_is_widened_exactly(tmp_path):
    values = np.float32([1, -2.5, 0, 3.140625, 2.0**-130, 2.0**120])
    upper = (values.view(np.uint32) >> 16).astype("<u2").tobytes()  # what bfloat16 keeps
    path = write(tmp_path / "x", {"a": entry("BF16", [2, 3], 0, 12)}, upper)
    found = read(path)["a"]
    assert found.dtype == np.float32 and np.array_equal(found, values.reshape(2, 3))
    save_file({"a": values[:4].astype(np.float16)}, path)
    assert read(path)["a"].dtype == np.float32
    assert np.array_equal(read(path)["a"], values[:4])


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "I64", "BOOL", "Z9"])
def test_other_dtypes_are_refused_with_tensor_and_dtype(tmp_path, dtype):
    path = write(tmp_path / "x", {"blocks.0.w": entry(dtype, [8], 0, 8)}, bytes(8))
    with pytest.raises(InputError, match=rf"stores 'blocks\.0\.w' as {dtype}, and minivit reads"):
        read(path)


def test_a_dtype_is_only_refused_where_it_is_wanted(tmp_path):
    header = {"a": entry("F8_E4M3", [2], 0, 2), "b": entry("F32", [1], 2, 6)}
    path = write(tmp_path / "x", header, bytes(2) + np.float32(5).tobytes())
    with open(path, "rb") as file:
        assert np.asarray(read_tensors(file, path)[0]["b"]) == [5]


@pytest.mark.parametrize(
    "header, words",
    [
        (b"", "Expecting value"),
        (b"\xff\xfe", "codec can't decode"),
        (b"[1]", "is no dictionary"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "nested too deep"),
        (b'{"a":' * 25 + b"1" + b"}" * 25, "nested too deep"),
        (b'{"a": NaN}', "NaN or infinite"),
        (b'{"a": 1e999}', "NaN or infinite"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "10,000 digits"),
        ({"__metadata__": 3}, "metadata are no texts"),
        ({"__metadata__": {"minivit": {}}}, "metadata are no texts"),
        ({"a": 3}, "entry of 'a' is not dtype, shape"),
        ({"a": {}}, "entry of 'a' is not dtype, shape"),
        ({"a": entry(5, [1], 0, 4)}, "no dtype"),
        ({"a": entry("F32", 1, 0, 4)}, "no shape"),
        ({"a": entry("F32", ["1"], 0, 4)}, "no shape"),
        ({"a": entry("F32", [True], 0, 4)}, "no shape"),
        ({"a": entry("F32", [-1], 0, 4)}, "no shape"),
        ({"a": entry("F32", [1] * 40, 0, 4)}, "no shape"),
        ({"a": entry("F32", [0, 2**62, 2**62], 0, 0)}, "no shape"),
        ({"a": entry("F32", [1], "0", 4)}, "no place"),
        ({"a": entry("F32", [1], 4, 0)}, "no place"),
        ({"a": entry("F32", [2], 0, 4)}, "another number of bytes"),
        ({"a": entry("F32", [2**40], 0, 2**42)}, "its header tells of"),
        ({"a": entry("F32", [1], 4, 8)}, "overlap, or leave gaps"),
        ({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 0, 4)}, "overlap, or leave gaps"),
        ({}, "its header tells of"),  # and of no numbers
    ],
)
def test_whatever_a_header_holds_ends_in_a_sentence(tmp_path, header, words):
    path = write(tmp_path / "x", header, bytes(4))
    with pytest.raises(InputError, match=words) as caught:
        read(path)
    assert "is truncated or not a safetensors file" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("length", [3, 2**40, 2**64 - 1])
def test_a_header_that_is_not_as_long_as_the_file_says(tmp_path, length):
    with pytest.raises(InputError, match="truncated or not a safetensors file"):
        read(write(tmp_path / "x", {}, length=length))


def test_a_header_that_would_fill_the_memory(tmp_path):
    path = write(tmp_path / "x", b"{}", length=LONGEST_HEADER + 1)
    with open(path, "ab") as file:
        file.truncate(LONGEST_HEADER + 100)  # sparse: it takes no room
    with pytest.raises(InputError, match="16,777,217 bytes, and 16,777,216 are allowed"):
        read(path)


def test_what_a_header_may_hold_is_read():
    text = '{"state": 123456789012345678901234567890123456789, "low": -1.5e-3, "a": [[[[1]]]]}'
    assert parse(text) == json.loads(text)
