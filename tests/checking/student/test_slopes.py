"""Finite differences of a student's own forward; and what follows from a wrong y."""

from direct import Direct
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student.derived import follow_from_y
from minivit.checking.student.plans import Plan, made
from minivit.checking.student.slopes import consistent
from minivit.checking.student.trial import asked, tried

BESSEL = "(centred * centred).sum(axis=-1, keepdims=True) / (x.shape[-1] - 1)"
WRONG_Y = changed(LAYERNORM, "(centred * centred).mean(axis=-1, keepdims=True)", BESSEL)


def looked_at(source: str, op: str):
    functions, point = Direct(source), made(Plan(op))
    how = asked(point.call, functions.found[op])
    trial = tried(functions, point, how)
    return consistent(functions, trial, how), follow_from_y(functions, functions.found[op], [trial])


def test_right_gradients_agree_with_differences():
    assert looked_at(LAYERNORM, "layernorm") == (
        {"dx": True, "dgamma": True, "dbeta": True}, set())  # fmt: skip


def test_a_wrong_gradient_does_not():
    wrong = changed(LAYERNORM, "(dy * x_hat).sum(axis=rows)", "2 * (dy * x_hat).sum(axis=rows)")
    assert looked_at(wrong, "layernorm")[0] == {"dx": True, "dgamma": False, "dbeta": True}


def test_the_derivative_of_a_wrong_y_is_no_fault_of_its_own():
    """The op's gradients are others: that of gamma, of a y that is divided by D - 1, is right."""
    agree, follow = looked_at(WRONG_Y, "layernorm")
    assert agree == {"dx": False, "dgamma": True, "dbeta": True}
    assert follow == {"dgamma"}, "dx was left as it was, and dbeta is the same as the op's"


def test_a_leaky_relu_with_its_own_derivative():
    leaky = changed(RELU, "np.maximum(x, 0)", "np.where(x > 0, x, x / 8)")
    assert looked_at(leaky, "relu") == ({"dx": False}, set())
    leaky = changed(leaky, "dy * (x > 0)", "np.where(x > 0, dy, dy / 8)")
    assert looked_at(leaky, "relu") == ({"dx": True}, {"dx"})
