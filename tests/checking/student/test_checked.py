"""A whole file, each op in a process of its own."""

from pathlib import Path

import pytest
from students_files import LAYERNORM, RELU, changed

from minivit import ops
from minivit.checking.student import check
from minivit.errors import InputError

WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")


@pytest.fixture
def file(tmp_path):
    def written(source: str) -> str:
        path = tmp_path / "student.py"
        path.write_text(source, encoding="utf-8")
        return str(path)

    return written


def test_every_op_of_a_file_in_the_order_of_the_ops(file):
    heard = []
    found = check(file(RELU + WRONG), tell=lambda examined: heard.append(examined.op))
    assert [one.op for one in found.ops] == heard == ["layernorm", "relu"]
    assert [one.verdict for one in found.ops] == ["wrong", "right"]
    assert not found.ok
    assert found.ops[0].findings[0].cause.name == "layernorm-mean-correction-forgotten"


def test_one_op_alone(file):
    found = check(file(RELU + WRONG), only="relu")
    assert [one.op for one in found.ops] == ["relu"] and found.ok
    assert not check(file(RELU), only="layernorm").ok, "nothing was checked"
    with pytest.raises(InputError, match="'layer' is no op; the nearest is layernorm: expected"):
        check(file(RELU), only="layer")


@pytest.mark.parametrize("source", ["", "x = (", "import sys; sys.exit()", "a = 1"])
def test_a_file_without_ops_is_not_right(file, source):
    assert not check(file(source)).ok


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("while True: pass", "slow"),
        ("import sys; sys.exit(0)", "ended"),
        ("import os; os._exit(0)", "ended"),
        ("import ctypes; ctypes.string_at(0)", "ended"),
        ("print('x' * 2_000_000)", "printed"),
        ("np.maximum = np.minimum", "numpy"),
        ("import sys; sys.modules['minivit'] = None", "minivit"),
        ("import os; os.write(1, b'right')", "values"),
        ("return dy.view(type('Liar', (np.ndarray,), {'__eq__': lambda *_: True}))", "form"),
        ("from minivit import ops; return ops.relu_backward(dy, x)", "borrowed"),
    ],
)
def test_each_trick_is_one_failed_line(file, line, kind):
    hostile = changed(RELU, "return dy * (x > 0)", f"{line}\n    return dy * 1")
    found = check(file(LAYERNORM + hostile), seconds=2.0, examples=0)
    assert [one.verdict for one in found.ops] == ["right", "wrong"], "the other op is not touched"
    assert found.ops[1].findings[0].kind == kind
    assert not found.ok


def test_signals_that_are_ignored(file):
    deaf = changed(
        RELU, "import numpy as np",
        "import signal, numpy as np\n"
        "for s in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass",
    )  # fmt: skip
    deaf = changed(deaf, "return dy * (x > 0)", "import time; time.sleep(99)")
    found = check(file(deaf), seconds=1.0)
    assert found.ops[0].findings[0].kind == "slow"


def test_what_is_printed_is_shown(file):
    found = check(file(changed(RELU, "return dy", "print('shape', dy.shape); return dy")))
    assert found.ok and found.ops[0].printed.startswith("shape (4, ")


def test_minivit_s_own_file_is_not_compared_with_itself():
    with pytest.raises(InputError, match="is minivit's own: it would be compared with itself"):
        check(Path(ops.__file__).with_name("layernorm.py"))


def test_a_layer_is_not_compared_with_an_op_that_was_changed(file, monkeypatch):
    def changed_backward(dy, cache):
        dx, dgamma, dbeta = backward(dy, cache)
        return -dx, dgamma, dbeta

    backward = ops.layernorm_backward
    monkeypatch.setattr(ops, "layernorm_backward", changed_backward)
    with pytest.raises(
        InputError, match=r"own layernorm in .* was changed: its dx is not the deriv"
    ):
        check(file(LAYERNORM))
