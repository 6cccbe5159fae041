"""The skip connection starts behind the LayerNorm: y = LN(x) + MSA(LN(x)).

Spoils: y, dx, dgamma, dbeta
Cause: branch-skip-from-behind-the-norm
"""

from minivit.ops import layernorm_backward, layernorm_forward
from minivit.ops import multihead_attention_backward as msa_backward
from minivit.ops import multihead_attention_forward as msa_forward


def attention_branch_forward(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads):
    x, ln = layernorm_forward(x, gamma, beta)
    out, msa = msa_forward(x, w_qkv, b_qkv, w_out, b_out, heads=heads)
    x = x + out
    return x, (ln, msa)


def attention_branch_backward(dy, cache):
    ln, msa = cache
    grads = msa_backward(dy, msa)
    dx, dgamma, dbeta = layernorm_backward(grads[0] + dy, ln)
    return (dx, dgamma, dbeta, *tuple(grads[1:5]))
