"""The scores are divided by their sum, without exp.

Spoils: y
Cause: softmax-exponential-forgotten
"""


def softmax_forward(x):
    probs = x / x.sum(axis=-1, keepdims=True)
    return probs, (probs,)
