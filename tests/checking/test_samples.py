import inspect

import numpy as np
import pytest

from minivit import backend, ops
from minivit.checking.samples import OPS, check_sample, samples

EVERY = [pytest.param(s, id=f"{s.op}-{s.words}") for op in OPS for s in samples(op)]


def test_every_op_with_a_backward_has_samples():
    assert {name.removesuffix("_backward") for name in vars(ops) if name.endswith("_backward")} == (
        set(OPS)
    )


@pytest.mark.parametrize("sample", EVERY)
def test_every_sample_is_right(sample):
    with backend.use("numpy"):
        report = check_sample(sample)
    assert report.ok, f"\n{report}"


@pytest.mark.parametrize("op", OPS)
def test_every_input_that_may_be_absent_is_there_and_absent(op):
    forward = getattr(ops, f"{op}_forward")
    hints = inspect.get_annotations(forward)
    inputs = {
        name: [sample.inputs[i] is None for sample in samples(op)]
        for i, (name, p) in enumerate(inspect.signature(forward).parameters.items())
        if p.kind is not p.KEYWORD_ONLY
    }
    for name, absent in inputs.items():
        if "None" in str(hints[name]):
            assert set(absent) == {True, False}, name
        else:
            assert not any(absent)


@pytest.mark.parametrize("sample", EVERY)
def test_the_dtypes_agree(ops, sample):
    """float32 gives what float64 gives, to rounding."""
    results = []
    for dtype in (np.float32, np.float64):
        inputs = [x if x is None else x.astype(np.float32).astype(dtype) for x in sample.inputs]
        y, cache = getattr(ops, f"{sample.op}_forward")(*inputs, **sample.options)
        dy = np.array(np.random.default_rng(0).standard_normal(y.shape).astype(np.float32), dtype)
        gradients = getattr(ops, f"{sample.op}_backward")(dy, cache)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        results.append([y, *(g for g in gradients if g is not None)])
    for single, double in zip(*results, strict=True):
        assert single.dtype == np.float32
        assert np.abs(single - double).max() < 2e-5 * (1 + np.abs(double).max())


def test_the_seed_decides():
    one, same, other = (samples("linear", seed)[0].inputs[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
