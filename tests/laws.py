"""What every op must do, as assertions: used by the tests of each op."""

import itertools

import numpy as np

import minivit.ops
from minivit.checking import gradcheck


def assert_right(ops, name: str, *inputs, seed: int = 0, complex_step: bool = False, **options):
    """The gradients are right, and the law holds in both dtypes.

    `complex_step` adds the comparison with complex steps for the NumPy ops: a kernel is compiled
    for real numbers.
    """
    forward, backward = getattr(ops, f"{name}_forward"), getattr(ops, f"{name}_backward")
    report = gradcheck(forward, backward, *inputs, options=options, seed=seed)
    assert report.ok, f"\n{report}"
    if complex_step and ops is minivit.ops:
        report = gradcheck(
            forward, backward, *inputs, options=options, seed=seed, complex_step=True
        )
        assert report.ok, f"by complex steps\n{report}"
    for dtype in (np.float32, np.float64):
        assert_lawful(forward, backward, inputs, options, dtype, seed)


def assert_lawful(forward, backward, inputs: tuple, options: dict, dtype, seed: int) -> None:
    """Purity, dtype in = dtype out, shapes, nothing shared with dy, the layout does not matter."""
    given = [cast(x, dtype) for x in inputs]
    before = [x if x is None else x.copy() for x in given]
    y, cache = forward(*given, **options)
    assert y.dtype == dtype
    dy = np.random.default_rng(seed).standard_normal(y.shape).astype(dtype)
    dy = np.array(dy)
    upstream = dy.copy()
    gradients = backward(upstream, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)

    assert len(gradients) == len(inputs)
    assert np.array_equal(upstream, dy), "dy was written into"
    for x, old, gradient in zip(given, before, gradients, strict=True):
        if x is None:
            assert gradient is None
            continue
        assert np.array_equal(x, old), "an input was written into"
        assert gradient.shape == x.shape
        assert gradient.dtype == dtype
        assert np.isfinite(gradient).all()
        assert not np.may_share_memory(gradient, upstream)
    for one, other in itertools.combinations([g for g in gradients if g is not None], 2):
        assert not np.shares_memory(one, other), "who adds to one gradient changes another"

    contiguous, _ = forward(
        *(x if x is None else np.ascontiguousarray(x) for x in given), **options
    )
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    assert np.abs(contiguous - y).max() <= tolerance * np.abs(y).max() + tolerance


def cast(x: np.ndarray | None, dtype) -> np.ndarray | None:
    """A copy in another dtype that keeps gaps and order in memory."""
    if x is None:
        return None
    if not (x.flags.c_contiguous or x.flags.f_contiguous):
        wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return x.astype(dtype)
