"""f gets x itself, not LN(x).

Spoils: y
Cause: branch-norm-forgotten
"""

from minivit.ops import mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    out, mlp = mlp_forward(x, w1, b1, w2, b2, gelu=gelu)
    return x + out, (x, mlp)
