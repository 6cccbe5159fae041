"""Multi-head self-attention, the twin of `minivit.ops.multihead_attention`.

Three kernels forward: the product x w_qkv, attention, the product with w_out, which adds bias and
residual as it goes. Nothing is rearranged in memory between them: attention reads q, k and v where
the first product put them, as strided views of qkv (B, T, 3D), and writes each head's columns of
mixed (B, T, D). Backward it writes dq, dk and dv side by side into one dqkv (B, T, 3D).
The probabilities are not kept: memory grows with T, not with T^2. `cache.probs` rebuilds them.
Nor is mixed, which would take 4 B T D bytes a layer (29 MB in ViT-B/16 with 4 images): backward has
the probabilities at hand and makes it again, chunk by chunk in the place of dmixed, with 2 B T^2 D
more operations (0.7 % of that model's training step).
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.multihead_attention import check_heads, split_heads, split_one

from .attention import AttentionCache, _attention_backward_into, _attention_into
from .inputs import like
from .linear import linear_forward, weight_gradients
from .product.matmul import matmul


class MultiheadAttentionCache(NamedTuple):
    x: np.ndarray  # (B, T, D)
    w_qkv: np.ndarray  # (D, 3D)
    w_out: np.ndarray  # (D, D)
    attention: AttentionCache  # q, k, v (B, H, T, K): views of qkv (B, T, 3D)
    has_b_qkv: bool
    has_b_out: bool
    has_residual: bool

    @property
    def probs(self) -> np.ndarray:  # (B, H, T, T)
        return self.attention.probs


def multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, residual=None, *, heads):
    """y = residual + MSA(x): x (B, T, D), w_qkv (D, 3D), w_out (D, D) -> y (B, T, D)."""
    B, T, D = x.shape
    check_heads(D, heads)
    qkv, _ = linear_forward(x, w_qkv, b_qkv)
    mixed = np.empty((B, T, D), x.dtype)
    attention = _attention_into(split_one(mixed, heads), *split_heads(qkv, heads))
    along = None if residual is None else residual.reshape(-1, D)
    y = matmul(mixed.reshape(-1, D), w_out, bias=b_out, residual=along).reshape(B, T, D)
    has = (b_qkv is not None, b_out is not None, residual is not None)
    return y, MultiheadAttentionCache(x, w_qkv, w_out, attention, *has)


def multihead_attention_backward(dy, cache, *, want_dresidual=True):
    """dy (B, T, D) -> dx (B, T, D), dw_qkv (D, 3D), db_qkv, dw_out (D, D), db_out, dresidual."""
    B, T, D = cache.x.shape
    heads = cache.attention.q.shape[1]
    (dy,) = like(cache.x, dy)
    dy_rows = dy.reshape(-1, D)
    mixed = dmixed = matmul(dy_rows, cache.w_out.T)  # mixed takes the place of dmixed
    dqkv = np.empty((B, T, 3 * D), dy.dtype)
    _attention_backward_into(
        *split_heads(dqkv, heads), split_one(dmixed.reshape(B, T, D), heads), cache.attention,
        y_for_dy=True,
    )  # fmt: skip
    dw_out, db_out = weight_gradients(mixed, dy_rows, cache.has_b_out)
    dqkv_rows = dqkv.reshape(-1, 3 * D)
    dx = matmul(dqkv_rows, cache.w_qkv.T).reshape(B, T, D)
    dw_qkv, db_qkv = weight_gradients(cache.x.reshape(-1, D), dqkv_rows, cache.has_b_qkv)
    return (
        dx,
        dw_qkv,
        db_qkv,
        dw_out,
        db_out,
        dy.copy() if cache.has_residual and want_dresidual else None,
    )
