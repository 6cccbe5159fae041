"""How an op shows what it makes on its way.

Every op takes an option `note` and calls it with what it has made, by name: forward the values,
`note(scores=scores, probs=probs)`, and backward their gradients under the same names,
`note(scores=dscores, probs=dprobs)`. A trace keeps what is noted; without one, nobody looks.

An op that is made of others hands its `note` to those whose names are good at its own place, as
attention's are in a branch; for the others (a linear map's y) it notes the result itself.
"""

import numpy as np


def unseen(**arrays: np.ndarray) -> None:
    """Does nothing: the default of `note`."""
