"""The backward forgets that dy also goes along the skip connection.

Spoils: dx
Cause: branch-skip-connection-forgotten-in-the-backward
"""

from minivit.ops import (
    layernorm_backward,
    layernorm_forward,
    multihead_attention_backward,
    multihead_attention_forward,
)


def attention_branch_forward(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads, eps=1e-6):
    h, norm = layernorm_forward(x, gamma, beta, eps=eps)
    a, msa = multihead_attention_forward(h, w_qkv, b_qkv, w_out, b_out, heads=heads)
    return x + a, (norm, msa)


def attention_branch_backward(dy, cache):
    norm, msa = cache
    dh, dw_qkv, db_qkv, dw_out, db_out, _ = multihead_attention_backward(dy, msa)
    dx, dgamma, dbeta = layernorm_backward(dh, norm)
    return dx, dgamma, dbeta, dw_qkv, db_qkv, dw_out, db_out
