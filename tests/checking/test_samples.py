import numpy as np
import pytest

from minivit.checking.calls import every_call
from minivit.checking.samples import OPS, check_sample, samples
from minivit.checking.twins import both_ways

EVERY = {sample.name: sample for op in OPS for sample in samples(op)}


def test_every_way_to_call_an_op_is_checked():
    assert list(EVERY) == list(every_call())


@pytest.mark.parametrize("name", EVERY)
def test_every_sample_is_right(ops, name):
    """And no op, and no kernel, keeps anything between its calls."""
    report = check_sample(EVERY[name])
    assert report.ok, f"\n{report}"
    assert report.title == name


@pytest.mark.parametrize("name", EVERY)
def test_the_dtypes_agree(ops, name):
    """float32 gives what float64 gives, to rounding."""
    call = every_call()[name]
    singles = [x if x is None else x.astype(np.float32) for x in EVERY[name].inputs]
    doubles = [x if x is None else x.astype(np.float64) for x in singles]
    results = [both_ways(ops, call, inputs) for inputs in (singles, doubles)]
    for single, double in zip(*results, strict=True):
        assert (single is None) == (double is None)
        if single is not None:
            assert single.dtype == np.float32
            assert np.abs(single - double).max() < 2e-5 * (1 + np.abs(double).max())


def test_the_seed_decides():
    one, same, other = (samples("linear", seed)[0].inputs[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
