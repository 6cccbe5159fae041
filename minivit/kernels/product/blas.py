"""NumPy's BLAS in place of our own product; what follows the product is separate passes."""

import numpy as np

from ..gelu import _gelu_backward_into, _gelu_forward_into
from .endings import GELU, GELU_SLOPE, GELU_TANH, GELU_TANH_SLOPE, HERE, HERE_TANH, NOTHING


def blas_into(out, a, b, *, bias=None, residual=None, column_sums=None,
              mode=NOTHING, z=None, h=None):  # fmt: skip
    """out = a @ b and what follows it (see `matmul._matmul_into`); all checked, of one dtype."""
    np.matmul(a, b, out=out)
    for term in (bias, residual):
        if term is not None:
            out += term
    if column_sums is not None:
        np.sum(b, axis=0, out=column_sums)
    flat = out.reshape(-1)
    if mode in (GELU, GELU_TANH):
        _gelu_forward_into(h.reshape(-1), flat, mode == GELU_TANH)
    elif mode in (HERE, HERE_TANH):
        _gelu_forward_into(flat, flat.copy(), mode == HERE_TANH)
    elif mode in (GELU_SLOPE, GELU_TANH_SLOPE):
        tanh = mode == GELU_TANH_SLOPE
        _gelu_forward_into(h.reshape(-1), z.reshape(-1), tanh)
        _gelu_backward_into(flat, flat, z.reshape(-1), tanh)
    return out
