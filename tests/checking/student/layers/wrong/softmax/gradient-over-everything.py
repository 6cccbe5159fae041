"""The sum in dx runs over all rows.

Spoils: dx
Cause: softmax-gradient-over-everything
"""


def softmax_backward(dprobs, cache):
    p = cache.probs
    row = (dprobs * p).sum()
    return p * (dprobs - row)
