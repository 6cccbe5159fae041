"""What Hypothesis draws for the ops: sides, and how the numbers in an array lie.

Arrays come from a drawn seed, scale and offset and not from Hypothesis' own arrays: a gradient
check needs generic points, and shrinking a seed is quick. The offset matters: numbers around 0
alone do not find a LayerNorm whose variance cancels.
"""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

sides = st.integers(1, 7)
few = st.integers(1, 3)


@dataclass
class Drawn:
    """A source of arrays: `data` at the drawn scale and offset, `weights` around 0."""

    seed: int
    scale: float
    offset: float
    layout: str
    rng: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)

    def data(self, *shape: int) -> np.ndarray:
        return self.laid_out(self.offset + self.scale * self.rng.standard_normal(shape))

    def weights(self, *shape: int) -> np.ndarray:
        """Variance 1 / inputs, so that a sum of products stays as large as the data."""
        fan_in = shape[0] if len(shape) > 1 else 1
        return self.laid_out(self.rng.standard_normal(shape) / np.sqrt(fan_in))

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """The same numbers, contiguous or not."""
        if self.layout == "columns first":
            return np.asfortranarray(array)
        if self.layout == "every other":
            wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan)
            wide[..., ::2] = array
            return wide[..., ::2]
        return array


drawn = st.builds(
    Drawn,
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1.0, 1e-2, 10.0]),
    offset=st.sampled_from([0.0, 3.0, -50.0]),
    layout=st.sampled_from(["rows first", "columns first", "every other"]),
)
