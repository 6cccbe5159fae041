"""How an op shows its intermediate arrays.

Every op takes an option `note` and calls it with arrays by name: the forward with the values,
`note(scores=scores, probs=probs)`, and the backward with their gradients under the same names,
`note(scores=dscores, probs=dprobs)`. A trace keeps what is noted; without a trace it is dropped.

An op that is made of others hands its `note` to those whose names are clear at its own place, as
attention's are in a branch; the results of the others (a linear map's y) it notes itself.
"""

import numpy as np


def unseen(**arrays: np.ndarray) -> None:
    """Does nothing: the default of `note`."""
