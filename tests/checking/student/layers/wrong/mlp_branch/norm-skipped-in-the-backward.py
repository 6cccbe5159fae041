"""What comes back from the MLP is added to dy without going through the LayerNorm.

Spoils: dx
Cause: branch-norm-skipped-in-the-backward
"""

from minivit.ops import layernorm_backward, layernorm_forward, mlp_backward, mlp_forward


def mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, *, gelu="erf", eps=1e-6):
    normed, ln = layernorm_forward(x, gamma, beta, eps=eps)
    out, mlp = mlp_forward(normed, w1, b1, w2, b2, gelu=gelu)
    return out + x, {"ln": ln, "mlp": mlp}


def mlp_branch_backward(dy, cache):
    dnormed, *dweights = mlp_backward(dy, cache["mlp"])
    _, dgamma, dbeta = layernorm_backward(dnormed, cache["ln"])
    return (dy + dnormed, dgamma, dbeta, *dweights)
