import pytest

from minivit.optim import clip_scale, warmup_cosine


def test_up_in_a_line_then_down_half_a_cosine():
    rates = [warmup_cosine(step, steps=110, warmup=10, peak=2.0) for step in range(110)]
    assert rates[:10] == pytest.approx([0.2 * (i + 1) for i in range(10)])
    assert rates[10] == 2.0
    assert rates[60] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01


def test_no_warmup_and_nothing_but_warmup():
    assert warmup_cosine(0, steps=10, warmup=0, peak=3.0) == 3.0
    assert warmup_cosine(9, steps=10, warmup=10, peak=3.0) == 3.0


def test_clipping_shortens_and_never_lengthens():
    assert clip_scale(4.0, 1.0) == 0.25
    assert clip_scale(0.5, 1.0) == 1.0
    assert clip_scale(0.0, 1.0) == 1.0
