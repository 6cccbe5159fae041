"""The largest score gets 1, and the others get 0.

Spoils: y
Cause: softmax-largest-alone
"""


def softmax_forward(x):
    probs = (x == x.max(axis=-1, keepdims=True)).astype(x.dtype)
    return probs, (probs,)
