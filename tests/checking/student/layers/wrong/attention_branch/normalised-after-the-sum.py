"""It is LN(x + MSA(x)), the post-norm of the first transformers, with its own derivative.

Spoils: y, dx, dgamma, dbeta, dw_qkv, db_qkv, dw_out, db_out
Cause: branch-normalised-after-the-sum
"""

from minivit.ops import (
    layernorm_backward,
    layernorm_forward,
    multihead_attention_backward,
    multihead_attention_forward,
)


def attention_branch_forward(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads, eps=1e-6):
    a, msa = multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, heads=heads)
    y, norm = layernorm_forward(x + a, gamma, beta, eps=eps)
    return y, (norm, msa)


def attention_branch_backward(dy, cache):
    norm, msa = cache
    dsum, dgamma, dbeta = layernorm_backward(dy, norm)
    dx, *dweights, _ = multihead_attention_backward(dsum, msa)
    return dx + dsum, dgamma, dbeta, *dweights
