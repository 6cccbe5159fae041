"""A function that takes nothing of what the op takes was never tried: that is no right one."""

from minivit.checking.student import check


def test_a_forward_that_can_not_be_called_is_wrong(tmp_path):
    path = tmp_path / "student.py"
    path.write_text("def gelu_forward():\n    return 1, 2\n")
    (op,) = check(path).ops
    assert (op.verdict, op.points, op.parts) == ("wrong", 0, {"y": "not seen"})
    assert op.findings[0].kind == "form"
    assert op.findings[0].sentence == (
        "gelu_forward can't be called as the op is: expected gelu_forward(x, *, form=...)"
    )
