"""The reader of pickles runs nothing that a file names."""

import contextlib
import os
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest
from data_files import python2_array, python2_pickle, string, whole

from minivit import InputError
from minivit.data.readers.pickles import ADMITTED, read_pickle


class Calls:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("wrap", [lambda bad: bad, lambda bad: {b"data": bad}, lambda bad: [bad]])
def test_a_pickle_that_calls_something_is_refused_and_nothing_is_run(tmp_path, protocol, wrap):
    ran = tmp_path / "ran"
    for bad in (Calls(os.system, f"touch {ran}"), Calls(eval, f"open({str(ran)!r}, 'w')"),
                Calls(subprocess.Popen, ["touch", str(ran)])):  # fmt: skip
        (tmp_path / "p").write_bytes(pickle.dumps(wrap(bad), protocol))
        with pytest.raises(
            InputError, match=r"a pickle that asks for \S+: .* Nothing of it was run"
        ):
            read_pickle(tmp_path / "p")
        assert not ran.exists()


def test_the_test_would_notice(tmp_path):
    ran = tmp_path / "ran"
    pickle.loads(pickle.dumps(Calls(os.system, f"{sys.executable} -c \"open('{ran}', 'w')\"")))
    assert ran.exists()


@pytest.mark.parametrize("protocol", range(5))
def test_arrays_strings_and_lists(tmp_path, protocol):
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    values = {b"data": array, "columns": np.asfortranarray(array), b"labels": [1, 2], b"n": b"x"}
    (tmp_path / "p").write_bytes(pickle.dumps(values, protocol))
    read = read_pickle(tmp_path / "p")
    assert np.array_equal(read["data"], array) and np.array_equal(read["columns"], array)
    assert read["labels"] == [1, 2] and read["n"] == b"x"
    (tmp_path / "p").write_bytes(python2_pickle({"data": array, "labels": [1, -2], "n": b"x"}))
    read = read_pickle(tmp_path / "p")
    assert np.array_equal(read["data"], array) and read["labels"] == [1, -2]


DATA = b"\x80\2}" + string(b"data")
SMALL = python2_array(np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x80\2]" + b".", "something else than a dictionary"),
        (b"\x80\2}K\1K\1s.", "a key that is no string"),
        (b"\x80\2}r" + struct.pack("<I", 1 << 31) + b".", "room for 2,147,483,648 values"),
        (b"\x80\2}p99999999\n.", "room for 99,999,999 values"),
        (DATA + SMALL.replace(b"U\2u1", b"U\2O8") + b"s.", "something else than bytes"),
        (DATA + SMALL.replace(whole(2), whole(2 + (1 << 24))) + b"s.", "does not fit its shape"),
        (DATA + SMALL.replace(whole(2), whole(-2)) + b"s.", "an array without a shape"),
        (DATA + b"cnumpy\nndarray\n)\x81s.", "an array without content"),
        (b"\x80\2Pelsewhere\n.", "an object that lies elsewhere"),
        (b"\x80\2cnumpy\nload\n.", "numpy.load"),
        (b"\x80\2c_codecs\nencode\nX\1\0\0\0aU\3rot\x86R.", "text in another encoding"),
        (b"\x80\2}", "is no whole pickle"),
        (b"\x80\2(((", "is no whole pickle"),
        (b"\x82\1.", "is no whole pickle"),
        (b"", "is no whole pickle"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path, content, sentence):
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_pickle(tmp_path / "p")


def test_a_pickle_changes_none_of_the_stand_ins(tmp_path):
    """BUILD sets the attributes of whatever a pickle can name."""
    state = b"N}X\1\0\0\0aK\1s\x86b"
    for module, name in ADMITTED:
        stand_in = ADMITTED[module, name]
        before = set(dir(stand_in))
        named = f"c{module}\n{name}\n".encode()
        (tmp_path / "p").write_bytes(b"\x80\2" + named + state + b"0}.")
        with contextlib.suppress(InputError):
            read_pickle(tmp_path / "p")
        assert set(dir(stand_in)) == before
