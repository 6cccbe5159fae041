"""What is told of many faults: one finding for each thing that is wrong, in order."""

from direct import Direct
from students_files import LAYERNORM, changed

from minivit.checking.student.findings import findings_of, of_a_failure
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.plans import Plan, made
from minivit.checking.student.trial import asked, tried


def findings(source: str, op: str):
    functions = Direct(source)
    points = [made(plan) for plan in [Plan(op), Plan(op, dtype="float32")]]
    found = [tried(functions, at, asked(at.call, functions.found[op])) for at in points]
    return findings_of(op, found)


def test_nothing_is_wrong():
    assert findings(LAYERNORM, "layernorm") == []


def test_gradients_come_in_the_order_of_the_inputs():
    wrong = changed(LAYERNORM, "dy.sum(axis=rows)\n", "7 * dy.sum(axis=rows)\n")
    wrong = changed(wrong, "(dy * x_hat).sum(axis=rows)", "(dy * x_hat + 1).sum(axis=rows)")
    found = findings(wrong, "layernorm")
    assert [one.parts for one in found] == [("dgamma",), ("dbeta",)]
    assert all(one.kind == "values" and one.wrong == 2 for one in found)


def test_a_gradient_is_not_judged_where_y_is_wrong():
    wrong = changed(LAYERNORM, "centred * rstd * gamma + beta,", "centred * rstd * gamma - beta,")
    wrong = changed(wrong, "dy.sum(axis=rows)\n", "7 * dy.sum(axis=rows)\n")
    (found,) = findings(wrong, "layernorm")
    assert found.parts == ("y",)


def test_faults_of_one_cause_are_one_finding():
    low = changed(LAYERNORM, "x_hat, rstd, gamma = cache",
                  "x_hat, rstd, gamma = cache; dy = dy.astype('f'); x_hat = x_hat.astype('f')\n"
                  "    rstd = rstd.astype('f'); gamma = gamma.astype('f')")  # fmt: skip
    (found,) = findings(low, "layernorm")
    assert (found.parts, found.kind) == (("dx", "dgamma", "dbeta"), "dtype")
    assert found.cause.name == "dtype-lowered", "the lost digits are no second finding"


def test_a_failure_is_a_finding():
    found = of_a_failure(Failed("slow", "relu_backward took longer than 10 s", line=7))
    assert (found.parts, found.kind, found.line) == (("backward",), "slow", 7)
