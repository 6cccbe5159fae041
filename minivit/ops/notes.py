"""How an op shows what it makes on its way.

Every op takes an option `note` and calls it with what it has made, by name: forward the values,
`note(scores=scores, probs=probs)`, and backward their gradients under the same names,
`note(scores=dscores, probs=dprobs)`. A trace keeps what is noted; without one, nobody looks.
"""

import numpy as np


def unseen(**arrays: np.ndarray) -> None:
    """What an op shows to nobody."""
