"""The shifted scores are divided by their sum, without exp.

Spoils: y
Cause: softmax-exponential-of-the-shift-forgotten
"""


def softmax_forward(x):
    z = x - x.max(axis=-1, keepdims=True)
    probs = z / z.sum(axis=-1, keepdims=True)
    return probs, (probs,)
