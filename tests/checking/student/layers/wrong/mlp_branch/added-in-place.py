"""The branch's result is added with += to the caller's x.

Spoils: inputs
Cause: input-overwritten
"""

from minivit.ops import layernorm_backward, layernorm_forward, mlp_backward, mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    h, ln = layernorm_forward(x, gamma, beta, eps=eps)
    h, mlp = mlp_forward(h, w1, b1, w2, b2, gelu=gelu)
    x += h
    return x, (ln, mlp)


def mlp_branch_backward(dy, cache):
    ln, mlp = cache
    dh, dw1, db1, dw2, db2 = mlp_backward(dy, mlp)
    dh, dgamma, dbeta = layernorm_backward(dh, ln)
    return dy + dh, dgamma, dbeta, dw1, db1, dw2, db2
