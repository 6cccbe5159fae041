"""The verdict on one op."""

import pytest
from direct import Direct
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student import examine as module
from minivit.checking.student.examine import EXAMPLES, Examined, examine


def examined(source: str, op: str, **options) -> Examined:
    functions = Direct(source)
    return examine(functions, op, functions.found[op], **options)


def test_a_right_one():
    found = examined(LAYERNORM, "layernorm")
    assert (found.verdict, found.findings, found.left_out) == ("right", (), ())
    assert dict(found.parts) == dict.fromkeys(("y", "dx", "dgamma", "dbeta"), "right")
    assert found.ways == ("forward", "backward")
    listed = examined(LAYERNORM, "layernorm", examples=0).points
    assert found.points == listed + EXAMPLES


def test_a_wrong_one_has_a_cause_and_a_small_input():
    found = examined(changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g"), "layernorm")
    assert found.verdict == "wrong"
    assert dict(found.parts) == {"y": "right", "dx": "wrong", "dgamma": "right", "dbeta": "right"}
    (finding,) = found.findings
    assert finding.cause.name == "layernorm-mean-correction-forgotten"
    point = finding.smallest.point
    assert point.inputs["x"].size == 1, "one number is enough: its gradient is 0"
    assert finding.sentence in [fault.sentence for fault in finding.smallest.faults]


def test_a_fault_that_shows_far_from_0_alone():
    one_pass = changed(
        LAYERNORM, "(centred * centred).mean(axis=-1, keepdims=True)",
        "((x * x).mean(axis=-1, keepdims=True) - x.mean(axis=-1, keepdims=True)**2)")  # fmt: skip
    (finding,) = examined(one_pass, "layernorm").findings
    assert finding.cause.name == "cancellation"
    assert finding.smallest.point.special.startswith("around")


def test_a_fault_that_only_hypothesis_meets(monkeypatch):
    """The list never has four columns in a batch of two."""
    monkeypatch.setattr(module, "plans", lambda op: [])
    rare = changed(RELU, "dy * (x > 0)", "dy * (x > 0) + (x.shape[0] == 2)")
    (finding,) = examined(rare, "relu").findings
    assert finding.smallest.point.inputs["x"].shape == (2, 1, 1, 1)


def test_the_derivative_of_a_wrong_y_is_not_called_wrong():
    leaky = changed(RELU, "np.maximum(x, 0)", "np.where(x > 0, x, x / 8)")
    leaky = changed(leaky, "dy * (x > 0)", "np.where(x > 0, dy, dy / 8)")
    found = examined(leaky, "relu")
    assert dict(found.parts) == {"y": "wrong", "dx": "as y"}
    assert [one.parts for one in found.findings] == [("y",)]


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_stubs(way):
    line = {"forward": "return np.maximum(x, 0), x", "backward": "return dy * (x > 0)"}[way]
    found = examined(changed(RELU, line, 'raise NotImplementedError("exercise")'), "relu")
    assert found.verdict == "not written"
    assert "still to be written" in found.findings[0].sentence


def test_a_forward_is_looked_at_while_its_backward_is_a_stub():
    half = changed(RELU, "return dy * (x > 0)", "raise NotImplementedError")
    found = examined(half, "relu")
    assert found.parts == {"y": "right", "dx": "not seen"} and found.points > 10
    (finding,) = found.findings
    assert (finding.kind, finding.parts, finding.smallest) == (
        "not implemented", ("backward",), None,
    )  # fmt: skip
    wrong = examined(changed(half, "np.maximum(x, 0)", "np.minimum(x, 0)"), "relu")
    assert wrong.verdict == "wrong" and wrong.parts["y"] == "wrong"


def test_what_the_functions_do_not_take_is_told():
    short = changed(LAYERNORM, "beta, *, eps=1e-6", "beta").replace("+ eps", "+ 1e-6")
    found = examined(short, "layernorm")
    assert (found.verdict, found.left_out) == ("right", ("eps 0.1",))


def test_slow_functions_are_tried_at_fewer_points(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    slow = changed(RELU, "return np.maximum(x, 0), x",
                   "import time; time.sleep(0.05); return np.maximum(x, 0), x")  # fmt: skip
    found = examined(slow, "relu")
    assert found.is_slow and found.verdict == "wrong", "nobody knows what it does elsewhere"
    assert [one.kind for one in found.findings] == ["slow"]
    assert 1 <= found.points <= 8


def test_a_forward_that_no_call_of_the_op_fits_is_wrong():
    found = examined("def gelu_forward():\n    return 1, 2\n", "gelu")
    assert (found.verdict, found.points, found.parts) == ("wrong", 0, {"y": "not seen"})
    assert found.findings[0].kind == "form"
    assert found.findings[0].sentence == (
        "gelu_forward can't be called as the op is: expected gelu_forward(x, *, form=...)"
    )


def test_a_forward_that_does_not_move_is_denied_by_differences():
    """It remembers results by rounded inputs: at every point they are right."""
    remembered = changed(
        RELU, "    return np.maximum(x, 0), x",
        "    key = x.round(1).tobytes(), x.dtype.str, x.shape\n"
        "    y = known.setdefault(key, np.maximum(x, 0))\n"
        "    return y.copy(), x")  # fmt: skip
    found = examined(remembered + "\nknown = {}\n", "relu")
    assert [one.kind for one in found.findings] == ["slope"]
    assert dict(found.parts) == {"y": "right", "dx": "wrong"}
