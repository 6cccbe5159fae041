"""x is not added.

Spoils: y
Cause: branch-skip-connection-forgotten
"""

from minivit.ops import layernorm_forward, mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    normed, norm = layernorm_forward(x, gamma, beta, eps=eps)
    out, mlp = mlp_forward(normed, w1, b1, w2, b2, gelu=gelu)
    return out, (norm, mlp)
