"""The list of points that every layer is tried at."""

import numpy as np
import pytest

from minivit.checking.calls import OPS, calls
from minivit.checking.student.plans import SPECIALS, Plan, fits, made, plans


@pytest.mark.parametrize("op", OPS)
def test_every_way_at_several_sizes_and_in_both_dtypes(op):
    found = plans(op)
    for way in range(len(calls(op))):
        sizes = {plan.sizes for plan in found if plan.way == way and not plan.special}
        assert len(sizes) == 5
        assert {plan.dtype for plan in found if plan.way == way} == {"float64", "float32"}
    assert {special for special, taken in SPECIALS.items() if op in taken} <= {
        plan.special for plan in found
    }
    points = [made(plan) for plan in found]
    assert sum(point is not None for point in points) >= len(points) - 1  # 1e6 is for float64
    assert any(1 in x.shape for point in points if point for x in point.inputs.values()
               if x is not None)  # fmt: skip


@pytest.mark.parametrize(
    ("op", "special", "holds"),
    [
        ("linear", "2 axes", lambda at: at.inputs["x"].ndim == 2),
        ("attention", "5 axes", lambda at: at.inputs["q"].ndim == at.inputs["v"].ndim == 5),
        ("softmax", "1e4 times as far apart", lambda at: np.ptp(at.inputs["x"]) > 1e4),
        ("layernorm", "around 1e6", lambda at: abs(at.inputs["x"].mean() - 1e6) < 10),
        ("layernorm", "around -50, close by", lambda at: at.inputs["x"].std() < 0.2),
        ("max_pool", "whole numbers", lambda at: len(np.unique(at.inputs["x"])) < 20),
        ("dropout", "rate 0.3", lambda at: at.call.options["drop"].rate == 0.3),
    ],
)  # fmt: skip
def test_what_is_special_shows(op, special, holds):
    found = [plan for plan in plans(op) if plan.special == special]
    assert found and holds(made(found[0]))


def test_a_rate_of_a_branch_is_that_of_all_it_drops():
    way = next(i for i, c in enumerate(calls("mlp_branch")) if c.words == "everything dropped")
    drop = made(Plan("mlp_branch", way, "rate 0.3")).call.options["drop"]
    assert {one.rate for one in drop} == {0.3}
    assert not fits("mlp_branch", 0, "rate 0.3"), "nothing is dropped there"


def test_1e6_is_too_far_for_float32():
    assert made(Plan("layernorm", special="around 1e6", dtype="float32")) is None
