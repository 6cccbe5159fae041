"""What a call tells of a well-meant file."""

import sys

import numpy as np
import pytest

from minivit import ops
from minivit.checking.student.isolation import pipes, starting
from minivit.checking.student.isolation.process import Failed
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


def test_little_is_loaded_beside_it(student):
    """A process must start fast; it imports neither Numba nor models, data and training."""
    source = """
import sys
LOADED = {name.split(".")[1] for name in sys.modules if name.startswith("minivit.")}
LOADED |= {"numba", "PIL", "hypothesis"} & set(sys.modules)
def relu_forward(x): raise ValueError(" ".join(LOADED))
"""
    process = student(source)
    names = str(failure(process, "relu", (X,))).partition("ValueError: ")[2].split()
    assert set(names) <= {
        "checking",
        "chosen",
        "errors",
        "fields",
        "kernels",
        "nearest",
        "on_first_use",
        "ops",
    }


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
    os.symlink(os.getcwd(), "deep/all")
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
    assert process.printed.splitlines() == ["first"] + ["\\x1b[31m"] * 19 + ["..."]


def test_what_is_printed_is_marked_where_it_is_cut(student):
    for source, last in (("print('x' * 9)", "x" * 9), ("print('x\\n' * 7000)", "...")):
        process = student(source)
        process.ops()
        process.close()
        assert process.printed.splitlines()[-1] == last


def test_without_a_supervisor_it_still_runs_and_ends(student, monkeypatch):
    """As on Windows, where little can be limited."""
    monkeypatch.setattr(starting, "HAS_SUPERVISOR", False)
    monkeypatch.setattr(pipes, "CAN_WATCH", False)
    process = student(PAIR + "def relu_forward(x):\n    while True: pass\n"
                      "def gelu_forward(z):\n    import os; os._exit(3)\n")  # fmt: skip
    large = np.ones((300, 300))
    assert (process.forward("linear", (large, large, None)).values[0].array == 300).all()
    assert process.unlimited.startswith("memory, processor time, files")
    assert str(failure(process, "gelu", (X,))).startswith("its process ended with exit code 3")
    process.ops()
    process.seconds = 0.5
    assert str(failure(process, "relu", (X,))) == "relu_forward took longer than 0.5 s"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems can't limit all")
def test_what_can_not_be_limited_is_told(student):
    process = student(PAIR)
    process.ops()
    assert process.unlimited == ""


def test_a_cache_is_lost_with_its_process(student):
    process = student(PAIR)
    cache = process.forward("linear", (X, W, B)).cache
    process.close()
    with pytest.raises(ValueError, match="lost with the process"):
        process.backward("linear", DY, cache)


def test_an_op_that_is_none_is_a_mistake_of_the_caller(student):
    with pytest.raises(ValueError, match="'conv' is no op: expected one of patchify, linear"):
        student(PAIR, op="conv")
