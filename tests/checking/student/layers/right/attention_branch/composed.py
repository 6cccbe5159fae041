"""LayerNorm, attention and a sum, from the ops that went before, with a class for the cache."""

from minivit import ops


class Cache:
    def __init__(self, ln, msa):
        self.ln = ln
        self.msa = msa


def attention_branch_forward(
    x, gamma, beta, w_qkv, b_qkv, w_out, b_out, offsets=None, *, heads, eps=1e-6
):
    normed, ln = ops.layernorm_forward(x, gamma, beta, eps=eps)
    out, msa = ops.multihead_attention_forward(
        normed, w_qkv, b_qkv, w_out, b_out, offsets, heads=heads
    )
    return out + x, Cache(ln, msa)


def attention_branch_backward(dy, cache):
    grads = ops.multihead_attention_backward(dy, cache.msa)
    dx, dgamma, dbeta = ops.layernorm_backward(grads[0], cache.ln)
    dx += dy
    return (dx, dgamma, dbeta, *grads[1:])
