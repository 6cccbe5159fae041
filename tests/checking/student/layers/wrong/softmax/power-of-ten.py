"""It takes powers of 10.

Spoils: y
Cause: softmax-power-of-ten
"""


def softmax_forward(x):
    e = 10 ** (x - x.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs, (probs,)
