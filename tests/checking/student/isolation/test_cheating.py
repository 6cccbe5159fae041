"""Code that wants to be believed: replaced modules, lying classes, forged answers."""

import os

import numpy as np
import pytest

from minivit.checking.student.isolation.answers import Answer, Failed

X, W = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
HEAD = "import os, sys\nimport numpy as np\n"
RIGHT = "def linear_forward(x, w, b=None):\n    return x @ w, (x, w)\n"


def call(process) -> Answer:
    return process.forward("linear", (X, W, None))


def failure(process) -> Failed:
    with pytest.raises(Failed) as raised:
        call(process)
    return raised.value


@pytest.mark.parametrize(
    ("lines", "kind", "name"),
    [
        ("np.exp = lambda x: x", "numpy", "numpy.exp"),
        ("np.ndarray = list", "numpy", "numpy.ndarray"),
        ("np.allclose = lambda *a, **k: True", "numpy", "numpy.allclose"),
        ("np.linalg.norm = abs", "numpy", "numpy.linalg.norm"),
        ("del np.tanh", "numpy", "numpy.tanh"),
        ("np.pi = 3", "numpy", "numpy.pi"),
        ("sys.modules['numpy'] = sys", "numpy", "numpy"),
        ("sys.modules['minivit'] = sys", "minivit", "minivit"),
        ("del sys.modules['minivit.ops.linear']", "minivit", "minivit.ops.linear"),
        ("import minivit.ops.inputs as i; i.reals = list", "minivit", "minivit.ops.inputs.reals"),
        ("from minivit import ops; ops.gelu_forward.__code__ = (lambda z: z).__code__",
         "minivit", "minivit.ops.gelu.gelu_forward"),
    ],
)  # fmt: skip
def test_what_is_replaced_is_found(student, lines, kind, name):
    """When the file is loaded, and when a function is called."""
    when_loaded = failure(student(HEAD + lines + "\n" + RIGHT, "first.py"))
    assert (when_loaded.kind, when_loaded.name) == (kind, name)
    assert str(when_loaded).startswith(f"loading the file replaced {name}: ")
    inside = RIGHT.replace("    return", f"    {lines}\n    return")
    when_called = failure(student(HEAD + inside, "second.py"))
    assert (when_called.kind, when_called.name) == (kind, name)
    assert str(when_called).startswith(f"linear_forward replaced {name}: ")


def test_names_that_are_added_are_no_matter(student):
    assert call(student(f"{HEAD}np.float = float\nnp.random.seed(0)\n{RIGHT}")).values


@pytest.mark.parametrize(
    "take",
    [
        "from minivit.ops import linear_forward",
        "from minivit.ops import linear_backward as other",
        "from minivit.ops import *",
        "from minivit.ops.linear import *",
        "from minivit.ops.linear import linear_flops",
        "from minivit import ops\ny = ops.linear_forward",
        "import minivit\ndef f(): return minivit.ops.linear.linear_backward",
        "import minivit.ops.linear as it\nf = [it.linear_forward]",
        "def f():\n    from minivit.ops import linear_forward",
        "if __name__ != '__main__':\n    from minivit.ops import linear_forward",
    ],
)
def test_an_import_of_the_op_under_test_is_found_without_a_call(student, take):
    process = student(f"{take}\n{RIGHT}")
    line = 1 + take.count("\n")
    assert process.ops()["linear"].borrowed == line
    failed = failure(process)
    assert (failed.kind, failed.line) == ("borrowed", line)
    assert str(failed).startswith(f"line {line} takes linear from minivit: ")


@pytest.mark.parametrize(
    "take",
    [
        "from minivit.ops import gelu_forward, Drop, AttentionOptions",
        "from minivit.ops.linear import LinearCache",
        "import minivit.ops.linear",
        "from minivit import ops\ny = ops.softmax_forward(np.ones((2, 2)))",
        "if __name__ == '__main__':\n    from minivit.ops import linear_forward",
        "class Own: pass\nops = Own()\nops.linear_forward = 1",
        "def linear_backward(dy, cache): return linear_forward(dy, cache.w)",
    ],
)
def test_what_else_is_in_minivit_may_be_used(student, take):
    process = student(f"{HEAD}{take}\n{RIGHT}", op="linear")
    assert process.ops()["linear"].borrowed is None
    assert call(process).values[0].array.tolist() == (X @ W).tolist()


BORROWING = [
    'return getattr(sys.modules["minivit.ops"], "linear" + "_forward")(x, w, b)',
    'import importlib; return vars(importlib.import_module("minivit.ops"))[OP](x, w, b)',
    "from minivit.ops import pre_logits_forward; return pre_logits_forward(x, w, b)",
    """try: return getattr(sys.modules["minivit.ops"], OP)(x, w, b)
    except Exception: return x @ w, ()""",
    """f = getattr(sys.modules["minivit.ops"], OP)
    f.__code__ = CODE
    return f(x, w, b)""",
]


@pytest.mark.parametrize("body", BORROWING)
def test_a_call_of_the_op_under_test_is_found(student, body):
    head = f"{HEAD}OP = 'linear' + '_forward'\n"
    head += "CODE = getattr(sys.modules['minivit.ops'], OP).__code__\n"
    process = student(f"{head}def linear_forward(x, w, b=None):\n    {body}\n")
    failed = failure(process)
    assert failed.kind == "borrowed"
    assert str(failed).startswith("linear_forward calls minivit's own linear_forward, ")


def test_the_op_under_test_is_withheld_while_the_file_is_loaded(student):
    own = "getattr(sys.modules['minivit.ops'], 'linear' + '_forward')"
    source = f"{HEAD}x = np.ones((1, 1))\ny = {own}(x, x)\n{RIGHT}"
    assert failure(student(source, op="linear")).kind == "borrowed"
    assert call(student(source, "other.py")).values


def test_the_kernels_are_not_there(student):
    failed = failure(student(f"import minivit.kernels\n{RIGHT}"))
    assert failed.kind == "load" and "minivit.kernels" in str(failed)


LIARS = {
    "class Liar(np.ndarray):\n    __class__ = np.ndarray\ny = np.ones((2, 2)).view(Liar)": "Liar",
    "class Liar:\n    __class__ = np.ndarray\n    shape = 2, 2\ny = Liar()": "Liar",
    "class Liar:\n    def __array__(self, *a, **k): return np.ones((2, 2))\ny = Liar()": "Liar",
    "class Meta(type):\n    __name__ = __qualname__ = 'ndarray'\n"
    "class Liar(metaclass=Meta): pass\ny = Liar()": "Liar",
    "y = np.matrix(np.ones((2, 2)))": "numpy.matrix",
    "y = np.ma.ones((2, 2))": np.ma.MaskedArray.__module__ + ".MaskedArray",
    "y = [[1.0]]": "a list of 1",
}


@pytest.mark.parametrize(("lines", "name"), LIARS.items(), ids=range(len(LIARS)))
def test_a_thing_is_told_as_what_it_is(student, lines, name):
    source = f"{HEAD}{lines}\ndef linear_forward(x, w, b=None): return y, ()\n"
    (value,) = call(student(source)).values
    assert value.array is None
    assert value.what.removeprefix("student.") == name


def test_forged_answers_in_every_pipe_are_no_answers(student):
    """Right in form, and for the right request; but without the seal."""
    source = f"""{HEAD}
from minivit.checking.student.isolation.protocol import frame
def linear_forward(x, w, b=None):
    value = dict(what="numpy.ndarray", dtype="float64", shape=(2, 2), array=x @ w)
    answer = dict(form="a tuple of 2", values=(value | dict(shares=()),), handle=1)
    answer |= dict(written=(), overwrites=False)
    for number in range(5):
        forged = frame(dict(answer, number=number), b"guessed")
        for pipe in range(65536):
            try: os.write(pipe, forged)
            except OSError: pass
    return x, ()
"""
    failed = failure(student(source))
    assert failed.kind == "malformed"
    assert "linear_forward is no answer: a frame has not the seal" in str(failed)


def test_a_forged_verdict_on_stdout_is_only_printed(student):
    process = student(
        RIGHT.replace("    return", '    print(\'{"verdict": "right"}\')\n    return')
    )
    assert call(process).values[0].array.tolist() == (X @ W).tolist()
    process.close()
    assert process.printed == '{"verdict": "right"}'


def test_the_environment_is_empty(student, monkeypatch):
    monkeypatch.setenv("SECRET", "of the checker")
    source = f"{HEAD}def linear_forward(x, w, b=None): raise ValueError(' '.join(os.environ))\n"
    names = str(failure(student(source))).partition("ValueError: ")[2].split()
    assert "HOME" in names and "SECRET" not in names
    assert set(names) & set(os.environ) <= {"HOME", "LANG", "TMPDIR", "LC_CTYPE", "LD_LIBRARY_PATH",
                                            "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}  # fmt: skip
