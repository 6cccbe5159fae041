"""The matrix product that all other kernels call, with bias, residual and GELU fused.

c = a @ b, as in `np.matmul`. Here the operands are checked, and handed to our tiles or to a BLAS
(choice.py).
"""

from functools import partial

import numpy as np

from minivit.chosen import keeps_caches, made_of_weights, rounds_products
from minivit.errors import InputError
from minivit.ops.product import rounded

from ..inputs import behaved, like, need_real, need_shape
from .bf16.instructions import instruction_for
from .bf16.product import bf16_into
from .blas import blas_into
from .choice import chosen
from .endings import IN_PLACE, NOTHING, SLOPES, VALUES
from .tiled import tiled_into
from .weights import packed_weights


def matmul(a, b, *, bias=None, residual=None, exact=False, weights=False):
    """a b + bias + residual, all of one dtype; a new array, threaded over rectangles of it.

    In bf16 the operands are rounded (minivit.ops.product), unless the product shall be exact.

    a (..., M, K), b (..., K, N), bias (N,), residual (..., M, N) -> (..., M, N). a and b may be
    transposed views (read in place); any other order of memory is copied first.
    """
    out = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    return _matmul_into(out, a, b, bias=bias, residual=residual, exact=exact,
                        weights=weights)  # fmt: skip


def matmul_gelu(a, b, bias, *, form="erf"):
    """z = a b + bias and h = gelu(z), for the first half of an MLP.

    a (M, K), b (K, N), bias (N,) or None -> z, h (M, N); z is None where no backward follows.
    """
    h = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    if not keeps_caches():
        return None, _matmul_into(h, a, b, bias=bias, mode=IN_PLACE[form], weights=True)
    z = np.empty_like(h)
    _matmul_into(z, a, b, bias=bias, mode=VALUES[form], h=h, weights=True)
    return z, h


def matmul_gelu_backward(a, b, z, *, form="erf"):
    """dz = (a b) gelu'(z), and h = gelu(z) once more: a (M, K), b (K, N), z (M, N) -> dz, h."""
    dz, h = np.empty_like(z), np.empty_like(z)
    _matmul_into(dz, a, b, mode=SLOPES[form], z=z, h=h)
    return dz, h


def _matmul_into(out, a, b, *, bias=None, residual=None, column_sums=None,
                 mode=NOTHING, z=None, h=None, exact=False, weights=False):  # fmt: skip
    """out (contiguous) = a @ b + bias + residual; column_sums (N,) = b's sums over k.

    `mode` is the ending (endings.py); GELU's modes read z (None: out itself) and write h.
    a, b, bias and residual are converted to the dtype of out; z, h and column_sums have it.
    """
    # asarray keeps their order in memory.
    a, b = behaved(np.asarray(a, out.dtype)), behaved(np.asarray(b, out.dtype))
    check(out, a, b)
    if bias is not None or residual is not None:
        bias, residual = like(out, bias, residual)
        need_shape("the bias", bias, out.shape[-1:])
        need_shape("the residual", residual, out.shape)
    into = blas_into if chosen() == "blas" else tiled_into
    if rounds_products() and not exact:
        into = partial(rounded_into, into, weights)
    return into(out, a, b, bias=bias, residual=residual, column_sums=column_sums,
                mode=mode, z=z, h=h)  # fmt: skip


def rounded_into(into, weights, out, a, b, *, column_sums, **following):
    """The same in bf16: by the processor's instruction, or else rounded first.

    If b is `weights` it may have been packed before (minivit.chosen.weights_stay).
    """
    name = instruction_for(out.dtype)
    if name is not None:
        packed = packed_weights(b)[0] if weights and made_of_weights() is not None else None
        return bf16_into(name, out, a, b, packed, column_sums=column_sums, **following)
    if column_sums is not None:  # of the numbers before they are rounded
        np.sum(b, axis=0, out=column_sums)
    return into(out, rounded(a), rounded(b), **following)


def check(out, a, b):
    """InputError for what cannot be multiplied."""
    need_real("a", out)
    if a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise InputError(
            f"matrices of the shapes {a.shape} and {b.shape} cannot be multiplied: the first must "
            "have as many columns as the second has rows, and before that the two must be alike"
        )
