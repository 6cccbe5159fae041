"""it is x + LN(f(x)): the norm stands behind f, not in front of it.

Spoils: y
Cause: branch-normalised-before-the-sum
"""

from minivit.ops import layernorm_forward, mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    out, mlp = mlp_forward(x, w1, b1, w2, b2, gelu=gelu)
    normed, norm = layernorm_forward(out, gamma, beta, eps=eps)
    return x + normed, (norm, mlp)
