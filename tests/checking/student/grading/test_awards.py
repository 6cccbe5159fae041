"""What right, wrong, half written and lawless files earn."""

import numpy as np
import pytest
from graded_files import checked_source, not_loaded
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student.faults import KINDS
from minivit.checking.student.findings import Finding
from minivit.checking.student.grading.awards import OF_THE_LAW, as_values, awards, number, score_of
from minivit.checking.student.grading.points import Worth

BOTH = ("forward", "backward")
WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")
PARTS = {"y": 2, "dx": 4, "dgamma": 1, "dbeta": 1, "law": 2}
SPLIT = {"layernorm": Worth(PARTS, BOTH)}
WHOLE = {"relu": Worth({"": 5}, BOTH)}


def earned(source: str, points=None) -> dict[str, float]:
    return {award.name: award.score for award in awards(checked_source(source), points)}


def test_without_points_an_op_is_worth_one():
    assert earned(WRONG + RELU) == {"layernorm": 0, "relu": 1}
    assert earned("") == {}


def test_parts_earn_by_themselves():
    split = {f"layernorm: {part}": most for part, most in PARTS.items()}
    assert earned(LAYERNORM, SPLIT) == split
    assert earned(WRONG, SPLIT) == split | {"layernorm: dx": 0}
    given = awards(checked_source(WRONG), SPLIT)
    assert score_of(given) == (6, 10)
    assert [len(award.findings) for award in given] == [0, 1, 0, 0, 0]


def test_what_breaks_the_law_costs_the_law_alone_if_it_has_points():
    writes = changed(RELU, "return dy * (x > 0)", "dy *= x > 0\n    return dy.copy()")
    parts = {"y": 1, "dx": 2, "law": 4}
    assert earned(writes, {"relu": Worth(parts, BOTH)}) == {
        "relu: y": 1, "relu: dx": 2, "relu: law": 0,
    }  # fmt: skip
    del parts["law"]
    assert earned(writes, {"relu": Worth(parts, BOTH)}) == {"relu: y": 1, "relu: dx": 0}
    assert earned(writes, WHOLE) == {"relu": 0}


def test_a_gradient_that_follows_from_a_wrong_y_is_earned():
    leaky = changed(RELU, "np.maximum(x, 0)", "np.where(x > 0, x, x * x)")
    leaky = changed(leaky, "dy * (x > 0)", "dy * np.where(x > 0, 1, 2 * x).astype(x.dtype)")
    parts = {"relu": Worth({"y": 1, "dx": 2}, BOTH)}
    assert checked_source(leaky).ops[0].parts == {"y": "wrong", "dx": "as y"}
    assert earned(leaky, parts) == {"relu: y": 0, "relu: dx": 2}


def test_what_is_asked_for_has_to_be_there():
    forward = RELU.partition("def relu_backward")[0]
    assert earned(forward) == {"relu": 1}, "without points nothing else is asked for"
    assert earned(forward, WHOLE) == {"relu": 0}
    assert earned(forward, {"relu": Worth({"": 5}, ("forward",))}) == {"relu": 5}
    assert earned(forward, {"relu": Worth({"y": 1, "dx": 1}, BOTH)}) == {
        "relu: y": 1, "relu: dx": 0,
    }  # fmt: skip
    assert earned(forward, {"relu": Worth({"law": 1}, BOTH)}) == {"relu: law": 0}
    assert earned(forward, SPLIT) == dict.fromkeys([f"layernorm: {part}" for part in PARTS], 0)


def test_of_ops_without_points_nothing_is_said():
    assert earned(WRONG + RELU, WHOLE) == {"relu": 5}


def test_a_stub_earns_nothing_even_of_points_for_nothing():
    stub = "def relu_forward(x):\n    raise NotImplementedError\n"
    (award,) = awards(checked_source(stub), {"relu": Worth({"": 0}, ("forward",))})
    assert not award.earned


def test_a_forward_earns_while_its_backward_is_a_stub():
    half = changed(RELU, "return dy * (x > 0)", "raise NotImplementedError")
    assert earned(half, {"relu": Worth({"y": 1, "dx": 2, "law": 4}, BOTH)}) == {
        "relu: y": 1, "relu: dx": 0, "relu: law": 0,
    }  # fmt: skip
    assert earned(half, WHOLE) == {"relu": 0}


def test_a_file_that_can_not_be_loaded_earns_nothing():
    given = awards(not_loaded(), SPLIT)
    assert score_of(given) == (0, 10) and not any(award.earned for award in given)


def test_only_one_op_has_its_points_alone():
    points = {**SPLIT, **WHOLE}
    given = awards(checked_source(WRONG + RELU, only="relu"), points)
    assert [award.name for award in given] == ["relu"]


@pytest.mark.parametrize(
    ("kind", "parts", "left"),
    [
        ("slow", ("backward",), 0),  # whatever was seen before: it was not tried to its end
        ("numpy", ("forward",), 0),
        ("processes", ("forward",), 0),
        ("memory", ("forward",), 0),  # too much was asked for
        ("shared", ("dx",), 8),  # shares memory with dy: the law
        ("raised", ("backward",), 4),  # y and the law
        ("raised", ("forward",), 8),  # y alone, of what was right at other points
        ("values", ("dx", "dgamma"), 5),
    ],
)
def test_what_a_finding_costs(kind, parts, left):
    checked = checked_source(LAYERNORM)
    finding = Finding(parts, kind, "said", 1, None)
    ops = (checked.ops[0]._replace(findings=(finding,)),)
    assert score_of(awards(checked._replace(ops=ops), SPLIT))[0] == left


def test_as_values():
    assert as_values(awards(checked_source(RELU), {"relu": Worth({"": 2}, BOTH, "hidden")})) == {
        "score": 2, "max_score": 2,
        "parts": [{"op": "relu", "part": "", "score": 2, "max_score": 2, "visibility": "hidden"}],
    }  # fmt: skip


def test_numbers_are_short():
    assert [number(x) for x in (0, 2.0, 100, 1 / 3, np.float64(2.5))] == [
        "0", "2", "100", "0.33", "2.5",
    ]  # fmt: skip


def test_every_kind_of_fault_is_of_the_law_or_of_a_part():
    of_a_part = {"values", "shape", "form", "slope"}
    assert set(OF_THE_LAW) == set(KINDS) - of_a_part
