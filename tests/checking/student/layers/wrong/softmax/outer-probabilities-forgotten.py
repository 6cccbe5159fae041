"""Dprobs less its weighed sum is not multiplied by the probabilities.

Spoils: dx
Cause: softmax-outer-probabilities-forgotten
"""


def softmax_backward(dprobs, cache):
    p = cache.probs
    row = (dprobs * p).sum(axis=-1, keepdims=True)
    return dprobs - row
