"""dy goes back through the norm too, and the skip connection goes past it.

Spoils: dx
Cause: branch-skip-connection-through-the-norm
"""

from minivit.ops import (
    dropout_backward,
    layernorm_backward,
    mlp_backward,
    stochastic_depth_backward,
)


def mlp_branch_backward(dy, cache):
    norm, mlp, left = cache
    dout = dy
    if left.images is not None:
        dout = stochastic_depth_backward(dout, left.images)
    if left.values is not None:
        dout = dropout_backward(dout, left.values)
    dnormed, *dweights = mlp_backward(dout, mlp)
    _, dgamma, dbeta = layernorm_backward(dnormed, norm)
    dx, _, _ = layernorm_backward(dy + dnormed, norm)
    return dx, dgamma, dbeta, *dweights
