"""The row's sum is added, not taken off.

Spoils: dx
Cause: softmax-sum-added
"""


def softmax_backward(dprobs, cache):
    p = cache.probs
    row = (dprobs * p).sum(axis=-1, keepdims=True)
    return p * (dprobs + row)
