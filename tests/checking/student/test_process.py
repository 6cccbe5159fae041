"""What a call tells of a well-meant file, and what is said of one that can't be loaded."""

import os
import sys

import numpy as np
import pytest

from minivit import ops
from minivit.checking.student.process import Failed
from minivit.ops import Drop

X, W, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), np.ones(4)
DY = np.arange(8.0).reshape(2, 4)
PAIR = """
import numpy as np
def linear_forward(x, w, b=None):
    y = x @ w if b is None else x @ w + b
    return y, lambda dy: (dy @ w.T, x.T @ dy, None if b is None else dy.sum(0))
def linear_backward(dy, cache):
    return cache(dy)
def relu_backward(dy, cache):
    return dy * (cache.y > 0)
"""


def failure(process, *call) -> Failed:
    with pytest.raises(Failed) as raised:
        process.forward(*call) if call else process.ops()
    return raised.value


def test_a_pair_keeps_its_cache_there(student):
    process = student(PAIR)
    assert {op: found.ways for op, found in process.ops().items()} == {
        "linear": ("forward", "backward"), "relu": ("backward",)}  # fmt: skip
    first = process.forward("linear", (X, W, B))
    second = process.forward("linear", (X + 1, W, None))
    assert (first.form, first.written, first.overwrites) == ("a tuple of 2", (), False)
    (y,) = first.values
    assert (y.what, y.dtype, y.shape, y.shares) == ("numpy.ndarray", "float64", (2, 4), ())
    assert (y.array == X @ W + B).all()
    for answer, inputs in ((second, (X + 1, W, None)), (first, (X, W, B))):
        _, cache = ops.linear_forward(*inputs)
        found = process.backward("linear", DY, answer.cache)
        assert found.form == "a tuple of 3" and found.cache is None
        for value, right in zip(found.values, ops.linear_backward(DY, cache), strict=True):
            assert value.what == ("None" if right is None else "numpy.ndarray")
            assert right is None or (value.array == right).all()


def test_dtypes_arrive_as_they_are(student):
    process = student(PAIR)
    single = [a.astype(np.float32) for a in (X, W, B)]
    answer = process.forward("linear", single)
    assert answer.values[0].dtype == "float32"
    assert {v.dtype for v in process.backward("linear", DY, answer.cache).values} == {"float64"}


def test_a_backward_alone_gets_the_cache_of_minivit(student):
    process = student(PAIR, op="relu")
    cache = process.reference("relu", (np.array([-1.0, 2.0]),))
    assert process.backward("relu", np.array([3.0, 4.0]), cache).values[0].array.tolist() == [0, 4]
    assert failure(process, "relu", (X,)).kind == "missing"


def test_options_arrive(student):
    process = student(
        "from minivit.ops import Drop\n"
        "def dropout_forward(x, *, drop): return x * drop.rate + (type(drop) is Drop), drop\n"
    )
    answer = process.forward("dropout", (np.ones(2),), {"drop": Drop(0.25, seed=1)})
    assert answer.values[0].array.tolist() == [1.25, 1.25]


def one(student, body: str, *call):
    """The answer to a linear_forward of one line."""
    process = student(f"import numpy as np\nkept = np.zeros((2, 4))\n"
                      f"def linear_forward(x, w, b=None):\n    {body}\n")  # fmt: skip
    return process.forward("linear", *(call or ((X, W, B),)))


def test_what_is_written_into_is_told(student):
    assert one(student, "x += 1; b[0] = 7; return x @ w, ()").written == (0, 2)
    assert one(student, "w.shape = (4, 3); return x, ()").written == (1,)


def test_what_shares_memory_is_told(student):
    assert one(student, "return x[:, ::-1].T, ()").values[0].shares == (0,)
    process = student("def relu_backward(dy, cache): return dy[:1], dy.copy()\n")
    found = process.backward("relu", DY, process.reference("relu", (DY,)))
    assert [value.shares for value in found.values] == [("dy",), ()]


def test_what_an_earlier_call_returned_is_watched(student):
    process = student("import numpy as np\ny = np.zeros(2)\n"
                      "def relu_forward(x): y[:] = x; return y, ()\n")  # fmt: skip
    calls = [process.forward("relu", (np.full(2, number),)) for number in (1.0, 1.0, 2.0)]
    assert [answer.overwrites for answer in calls] == [False, False, True]


@pytest.mark.parametrize(
    ("body", "form", "what", "dtype"),
    [
        ("return x @ w", "numpy.ndarray", ["numpy.ndarray"], "float64"),
        ("return [x, w]", "a list of 2", ["numpy.ndarray"] * 2, "float64"),
        ("return x, w, 1", "a tuple of 3", ["numpy.ndarray"] * 2 + ["int"], "float64"),
        ("pass", "None", ["None"], ""),
        ("return x.astype(np.float16), ()", "a tuple of 2", ["numpy.ndarray"], "float16"),
        ("return np.float32(1), ()", "a tuple of 2", ["numpy.float32"], "float32"),
        ("return 1.5, ()", "a tuple of 2", ["float"], "float64"),
        ("return np.broadcast_to(x[0, 0], (10**5, 10**5)), ()", "a tuple of 2",
         ["numpy.ndarray"], "float64"),
    ],
)  # fmt: skip
def test_whatever_is_returned_is_described(student, body, form, what, dtype):
    answer = one(student, body)
    assert answer.form == form
    assert [value.what for value in answer.values] == what
    assert answer.values[0].dtype == dtype
    assert (answer.cache is not None) == (form == "a tuple of 2")


def test_a_call_that_does_not_fit_is_told(student):
    failed = failure(student("def linear_forward(x): return x, ()\n"), "linear", (X, W, B))
    assert failed.kind == "raised" and failed.line is None
    assert str(failed).startswith("linear_forward raised TypeError: linear_forward() takes 1 pos")


def test_the_folder_is_its_own_and_goes(student):
    source = """
import os, pathlib
def relu_forward(x):
    pathlib.Path("deep/er").mkdir(parents=True)
    pathlib.Path("deep/er/file.txt").write_text("x")
    os.symlink("/", "deep/all")
    os.chmod("deep/er", 0)
    assert os.getcwd() == os.path.realpath(os.environ["HOME"])
    assert open(__file__).read()  # what can be read outside may be read
    return x, ()
"""
    assert student(source).forward("relu", (X,)).values  # the fixture looks whether it is gone


def test_what_is_printed_is_kept(student):
    process = student("print('first')\nimport os\nos.write(2, b'\\x1b[31m\\n' * 30)\n")
    assert process.ops() == {}
    process.close()
    assert process.printed.splitlines() == ["first"] + ["\\x1b[31m"] * 19


@pytest.mark.skipif(sys.platform != "linux", reason="other systems can't limit all")
def test_what_can_not_be_limited_is_told(student):
    process = student(PAIR)
    process.ops()
    assert process.unlimited == ""


@pytest.mark.parametrize(
    ("source", "kind", "sentence"),
    [
        (b"x = (\n", "load", "line 1 raised SyntaxError: '(' was never closed"),
        (b"a = 1\nimport nothing_such\n", "load", "line 2 raised ModuleNotFoundError: No module"),
        (b"import student_helpers\n", "load", "the file is loaded alone, without those that lie"),
        (b"a = 1  # na\xc3\xafve\n\n# caf\xe9\n", "load", "line 3 is not UTF-8"),
        (b"# caf\xe9\n", "load", "line 1 is not UTF-8"),
        (b"# coding: latin-1\nx = '\xe9'\nassert len(x) == 2\n", "load", "line 3 raised Assert"),
        (b"a = 1\n\n1 / 0\n", "load", "line 3 raised ZeroDivisionError: division by zero"),
        (b"a = '\0'\n", "load", "null bytes"),
        (b"(" * 10_000, "load", "raised"),
        (b"import sys\nsys.exit()\n", "ended", "line 2 ended the program"),
        (b"while True: pass\n", "slow", "loading the file took longer than 1 s"),
        (bytes(2**20 + 1), "file", "the file is longer than 1,048,576 bytes"),
    ],
)
def test_a_file_that_can_not_be_loaded(student, tmp_path, source, kind, sentence):
    (tmp_path / "student_helpers.py").write_text("")
    process = student(source)
    process.seconds = 1.0 if kind == "slow" else 20.0
    for _ in range(2):
        failed = failure(process)
        assert failed.kind == kind
        assert sentence in str(failed)


def test_a_file_that_is_none(student, tmp_path):
    process = student(PAIR)
    process.path = tmp_path / "missing.py"
    assert str(failure(process)) == "the file can't be read: No such file or directory"
    process.path = tmp_path
    assert "it is no file but a folder" in str(failure(process))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.py")
        process.path = tmp_path / "pipe.py"
        assert failure(process).kind == "file"


@pytest.mark.parametrize(
    "name", ["numpy.py", "minivit.py", "-c.py", "a b\n\u202e\u4e2d.py", "no suffix", "json.py"]
)
def test_a_file_of_any_name(student, name):
    process = student(PAIR, name)
    assert (process.forward("linear", (X, W, B)).values[0].array == X @ W + B).all()


def test_a_cache_is_lost_with_its_process(student):
    process = student(PAIR)
    cache = process.forward("linear", (X, W, B)).cache
    process.close()
    with pytest.raises(ValueError, match="lost with the process"):
        process.backward("linear", DY, cache)


def test_an_op_that_is_none_is_a_mistake_of_the_caller(student):
    with pytest.raises(ValueError, match="'conv' is no op: expected one of patchify, linear"):
        student(PAIR, op="conv")
