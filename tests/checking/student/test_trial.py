"""One point put to a student's functions: every fault of what comes, and nothing else."""

import numpy as np
import pytest
from direct import Direct
from students_files import LAYERNORM, RELU, changed

from minivit.checking.calls import calls
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.isolation.process import Takes
from minivit.checking.student.plans import Plan, made
from minivit.checking.student.trial import Trial, asked, inputs_taken, tried


def trial(source: str, plan: Plan, again: bool = True) -> Trial:
    functions, point = Direct(source), made(plan)
    how = asked(point.call, functions.found[plan.op])
    return tried(functions, point, how, again)


def faults(source: str, plan: Plan) -> set[tuple[str, str]]:
    return {(fault.part, fault.kind) for fault in trial(source, plan).faults}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_pair_has_no_faults_and_all_that_came_is_kept(dtype):
    found = trial(LAYERNORM, Plan("layernorm", dtype=dtype))
    assert found.faults == ()
    assert np.allclose(found.y, found.point.y, rtol=1e-3)
    for came, right in zip(found.gradients, found.point.gradients, strict=True):
        assert list(came) == list(right) == ["dx", "dgamma", "dbeta"]
        assert all(np.allclose(came[name], right[name], rtol=0.1, atol=1e-3) for name in came)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("np.maximum(x, 0), x", "np.abs(x), x", {("y", "values")}),
        ("np.maximum(x, 0), x", "np.maximum(x, 0)", {("forward", "form")}),
        ("np.maximum(x, 0), x", "np.maximum(x, 0).astype('f'), x", {("y", "dtype")}),
        ("np.maximum(x, 0), x", "np.maximum(x, 0)[0], x", {("y", "shape")}),
        ("np.maximum(x, 0), x", "np.maximum(x, 0, out=x), x", {("forward", "written")}),
        ("np.maximum(x, 0), x", "[1.0], x", {("y", "form")}),
        ("np.maximum(x, 0), x", "x / None, x", {("forward", "raised")}),
        ("dy * (x > 0)", "dy * (x < 0)", {("dx", "values")}),
        ("dy * (x > 0)", "(x > 0) + 0.0", {("dx", "values")}),
        ("dy * (x > 0)", "(dy * (x > 0), None)", {("backward", "form")}),
        ("dy * (x > 0)", "(dy * (x > 0)).tolist()", {("backward", "form")}),
        ("dy * (x > 0)", "x[99]", {("backward", "raised")}),
        ("dy * (x > 0)", "np.multiply(dy, x > 0, out=dy)",
         {("backward", "written"), ("dx", "shared")}),
        ("dy * (x > 0)", "dy * (x > 0) * np.nan", {("dx", "values")}),
    ],
)  # fmt: skip
def test_faults(old, new, expected):
    assert expected <= faults(changed(RELU, old, new), Plan("relu"))


def test_nothing_else_is_found_than_what_is_wrong():
    wrong = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")
    assert faults(wrong, Plan("layernorm")) == {("dx", "values")}


STATEFUL = """
import numpy as np
kept = []
def relu_forward(x):
    kept[:] = [x > 0]
    return np.maximum(x, 0), None
def relu_backward(dy, cache):
    return dy * kept[0]
"""


def test_what_is_kept_from_call_to_call_shows_in_a_call_in_between():
    assert trial(STATEFUL, Plan("relu"), again=False).faults == ()
    assert faults(STATEFUL, Plan("relu")) == {("dx", "state")}


SPOILT = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), (x > 0) + x * 0
def relu_backward(dy, mask):
    mask *= dy
    return mask * 1.0
"""


def test_a_backward_that_changes_its_cache_differs_when_it_is_called_again():
    found = trial(SPOILT, Plan("relu"))
    assert {"dx"} == {fault.part for fault in found.faults if fault.kind == "repeated"}
    assert "called again" in next(f.sentence for f in found.faults if f.kind == "repeated")


def test_a_backward_alone_gets_the_cache_of_the_op():
    alone = "def relu_backward(dy, cache):\n    return dy * (cache.y > 0)\n"
    assert faults(alone, Plan("relu")) == set()
    found = trial(alone, Plan("relu"))
    assert found.y is None and len(found.gradients) == 2


def test_a_gradient_of_an_absent_input_must_be_none():
    pair = """
import numpy as np
def linear_forward(x, w, b=None):
    return x @ w if b is None else x @ w + b, (x, w)
def linear_backward(dy, cache):
    x, w = cache
    rows = tuple(range(dy.ndim - 1))
    return dy @ w.T, np.tensordot(x, dy, (rows, rows)), dy.sum(rows)
"""
    assert faults(pair, Plan("linear", way=0)) == set()
    assert faults(pair, Plan("linear", way=1)) == {("db", "form")}


def test_a_stub_ends_the_trial():
    with pytest.raises(Failed) as failed:
        trial(changed(RELU, "return np.maximum(x, 0), x", "raise NotImplementedError"),
              Plan("relu"))  # fmt: skip
    assert failed.value.kind == "not implemented"


def test_a_stub_of_a_backward_leaves_the_forward():
    found = trial(changed(RELU, "return dy * (x > 0)", "raise NotImplementedError"), Plan("relu"))
    assert [(one.part, one.kind) for one in found.faults] == [("backward", "not implemented")]
    assert found.y is not None and found.gradients == ()


@pytest.mark.parametrize(
    ("op", "words", "places", "keywords", "taken"),
    [
        ("layernorm", "", ("x", "gamma", "beta"), ("eps",), 3),
        ("layernorm", "eps 0.1", ("x", "gamma", "beta"), ("eps",), 3),
        ("layernorm", "eps 0.1", ("x", "gamma", "beta", "eps"), (), 3),  # an option by its place
        ("layernorm", "eps 0.1", ("x", "gamma", "beta"), ("**",), 3),
        ("layernorm", "eps 0.1", ("x", "gamma", "beta"), (), None),
        ("layernorm", "", ("x", "scale", "shift"), (), 3),  # other names
        ("layernorm", "", ("x", "gamma"), (), None),
        ("layernorm", "", ("*",), (), 3),
        ("attention", "", ("q", "k", "v"), (), 3),  # offsets are absent in this call
        ("attention", "relative", ("q", "k", "v"), (), None),
        ("linear", "no bias", ("x", "w"), (), 2),
    ],
)
def test_what_may_be_left_out_of_a_signature(op, words, places, keywords, taken):
    call = next(call for call in calls(op) if call.words == words)
    assert inputs_taken(call, Takes(places, keywords)) == taken
