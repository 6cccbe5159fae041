"""The sum is dropped, and with it the skip connection, not f's result alone.

Spoils: dx
Cause: branch-sum-dropped
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
    dx, dgamma, dbeta = layernorm_backward(dnormed, norm)
    return dout + dx, dgamma, dbeta, *dweights
