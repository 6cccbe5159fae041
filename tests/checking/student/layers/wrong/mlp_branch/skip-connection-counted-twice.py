"""dy is added for the skip connection twice.

Spoils: dx
Cause: branch-skip-connection-counted-twice
"""

from minivit.ops import layernorm_backward, layernorm_forward, mlp_backward, mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    normed, ln = layernorm_forward(x, gamma, beta, eps=eps)
    out, mlp = mlp_forward(normed, w1, b1, w2, b2, gelu=gelu)
    return x + out, (ln, mlp)


def mlp_branch_backward(dy, cache):
    ln, mlp = cache
    dx = dy.copy()
    dnormed, dw1, db1, dw2, db2 = mlp_backward(dy, mlp)
    dbranch, dgamma, dbeta = layernorm_backward(dnormed, ln)
    dx += dbranch
    return dx + dy, dgamma, dbeta, dw1, db1, dw2, db2
