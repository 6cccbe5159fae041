import pytest

from minivit.optim import SCHEDULES, clip_scale, warmup_constant, warmup_cosine, warmup_linear


def test_up_in_a_line_then_down_half_a_cosine():
    rates = [warmup_cosine(step, steps=110, warmup=10, peak=2.0) for step in range(110)]
    assert rates[:10] == pytest.approx([0.2 * (i + 1) for i in range(10)])
    assert rates[10] == 2.0
    assert rates[60] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01


def test_up_in_a_line_then_down_in_a_line():
    rates = [warmup_linear(step, steps=110, warmup=10, peak=2.0) for step in range(111)]
    assert rates[:10] == pytest.approx([0.2 * (i + 1) for i in range(10)])
    assert rates[10:] == pytest.approx([2.0 - 0.02 * i for i in range(101)])


def test_up_in_a_line_then_straight_on():
    rates = [warmup_constant(step, steps=30, warmup=4, peak=2.0) for step in range(30)]
    assert rates == [0.5, 1.0, 1.5] + [2.0] * 27


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_warmup_and_nothing_but_warmup(schedule):
    assert SCHEDULES[schedule](0, steps=10, warmup=0, peak=3.0) == 3.0
    assert SCHEDULES[schedule](9, steps=10, warmup=10, peak=3.0) == 3.0


def test_clipping_shortens_and_never_lengthens():
    assert clip_scale(4.0, 1.0) == 0.25
    assert clip_scale(0.5, 1.0) == 1.0
    assert clip_scale(0.0, 1.0) == 1.0
