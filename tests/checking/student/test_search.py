"""What Hypothesis finds is small, and the same every time."""

import pytest

from minivit.checking.calls import OPS, calls
from minivit.checking.student.isolation.answers import Failed
from minivit.checking.student.plans import Plan, made
from minivit.checking.student.search import first_failing, letters_of, smallest_like


def test_the_smallest_sizes_that_fail():
    def fails(plan):
        return plan.sizes.B >= 2 and plan.sizes.M >= 3

    found = smallest_like(Plan("linear"), fails)
    sizes = found.sizes
    assert (sizes.B, sizes.T, sizes.H, sizes.K, sizes.M) == (2, 1, 1, 1, 3)
    assert found.numbers == (0, 0), "the first seed, and whole numbers"
    assert found == smallest_like(Plan("linear"), fails)


def test_what_only_shows_with_other_numbers_keeps_them():
    assert smallest_like(Plan("linear"), lambda plan: plan.numbers.decimals is None).numbers == (
        0, None)  # fmt: skip
    assert smallest_like(Plan("linear"), lambda plan: plan.numbers.seed == 4).numbers.seed == 4


def test_nothing_is_found_where_nothing_fails():
    asked = []
    assert first_failing("linear", [0, 1], lambda plan: asked.append(plan) or False, 15) is None
    assert 10 <= len(asked) <= 15
    assert {plan.way for plan in asked} == {0, 1}
    assert {plan.dtype for plan in asked} == {"float64", "float32"}


def test_only_the_ways_that_are_asked_for():
    asked = []
    first_failing("layernorm", [1], lambda plan: asked.append(plan) or False, 15)
    assert {plan.way for plan in asked} == {1}


@pytest.mark.parametrize("op", OPS)
def test_whatever_is_drawn_is_a_point_that_the_op_takes(op):
    asked = []
    first_failing(op, list(range(len(calls(op)))), lambda plan: asked.append(plan) or False, 10)
    points = [made(plan) for plan in asked]
    assert sum(point is not None for point in points) >= 0.7 * len(points)


def test_a_failure_that_ends_the_process_ends_the_search():
    asked = []

    def fails(plan):
        asked.append(plan)
        raise Failed("slow", "it took longer than 10 s")

    with pytest.raises(Failed):
        smallest_like(Plan("linear"), fails)
    assert len(asked) == 1


def test_letters():
    assert letters_of("linear", 0) == ["B", "T", "H", "K", "M"]  # D = H K
    assert letters_of("cross_entropy", 0) == ["B", "C"]
    assert set(letters_of("patchify", 0)) == {"B", "P", "channels", "grid"}
