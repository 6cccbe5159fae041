"""Sides that compute different things are not timed."""

from collections.abc import Mapping

import numpy as np

from minivit.errors import InputError

# The relative difference that two sides of a model may have. A bfloat16 is off by up to 2^-9, which
# is 0.2 %. What the six models made of it was measured: up to 2.3 % (the gradient of digits-bench's
# positions), ours against float32, and as much in PyTorch's autocast. A wrong factor makes more.
AGREE = {"float32": 1e-3, "bf16": 5e-2}
SMALL = 1e-2  # beside the largest of all
SAMPLED = 1 << 16  # numbers of an array that travel between processes, at most


def sample(array) -> np.ndarray:
    """The array, or numbers spread evenly over it if there are many."""
    flat = np.asarray(array).reshape(-1)
    # An odd stride visits every column of a matrix whose width is a power of two.
    return flat[:: (flat.size // SAMPLED) | 1].copy()


def assert_agreement(outputs: Mapping[str, Mapping[str, np.ndarray]], tolerance: float) -> None:
    """Compare every side with the first: InputError names what differs, and by how much.

    The difference is relative to the largest value, since rounding errors are; but for arrays that
    are small beside the others, such as a gradient that is 0 but for rounding.
    """
    first, *others = outputs
    largest_of_all = max((np.abs(y).max() for y in outputs[first].values()), default=0)
    for other in others:
        for what, expected in outputs[first].items():
            found = outputs[other][what]
            largest = max(np.abs(expected).max(), SMALL * largest_of_all, 1e-30)
            same = found.shape == expected.shape
            difference = np.abs(found - expected).max() / largest if same else np.inf
            if not difference <= tolerance:
                raise InputError(
                    f"{first} and {other} disagree on {what}: a relative difference of "
                    f"{difference:.1e}, with {tolerance:.0e} allowed; times would mean nothing"
                )
