"""The ops that went before are called in turn, and their backwards lie on a stack."""

from minivit.ops import (
    dropout_backward,
    dropout_forward,
    gelu_backward,
    gelu_forward,
    linear_backward,
    linear_forward,
)


def mlp_forward(x, w1, b1, w2, b2, *, gelu="erf", drop=None):
    tape = []
    h, cache = linear_forward(x, w1, b1)
    tape.append((linear_backward, cache))
    h, cache = gelu_forward(h, form=gelu)
    tape.append((gelu_backward, cache))
    if drop is not None:
        h, cache = dropout_forward(h, drop=drop)
        tape.append((dropout_backward, cache))
    y, cache = linear_forward(h, w2, b2)
    tape.append((linear_backward, cache))
    return y, tape


def mlp_backward(dout, tape):
    weights = []
    d = dout
    for backward, cache in reversed(tape):
        if backward is linear_backward:
            d, dw, db = backward(d, cache)
            weights = [dw, db, *weights]
        else:
            d = backward(d, cache)
    return (d, *weights)
