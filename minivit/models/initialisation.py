"""How a ViT begins: Google's initialisation.

Matrices Xavier-uniform (Glorot and Bengio 2010, equation 16), the patch projection LeCun-normal
cut off at two standard deviations, MLP biases N(0, 1e-6), positions N(0, 0.02), LayerNorm the
identity, everything else 0: the cls token, the other biases and the whole head.
"""

import math

import numpy as np

from minivit.params import NamedArrays

POSITION_STD = 0.02
# The standard deviation of a standard normal variable cut off at +-2.
CUT_OFF_STD = 0.87962566103423978


def initialise(
    parameters: NamedArrays,
    seed: int,
    *,
    zero_head: bool = True,
    position_std: float = POSITION_STD,
) -> None:
    """Fill all parameters, name by name in the model's order, from one seeded generator.

    Drawn in float64 whatever the dtype, so that float32 and float64 models are the same model.
    With `zero_head=False` the head is Xavier-uniform too: a zero head lets no gradient through.
    A larger `position_std` helps a small data set: 0.02 is little beside patches of size 1, and
    many steps go by before the model knows where a patch lies.
    """
    rng = np.random.default_rng(seed)
    for name, array in parameters.items():
        kind = name.rpartition(".")[2]
        if name == "embed.w":
            array[:] = cut_off_normal(rng, array.shape) / math.sqrt(array.shape[0])
        elif name == "head.w":
            drawn = xavier_uniform(rng, array.shape)
            array[:] = 0 if zero_head else drawn
        elif kind == "w_qkv":  # three matrices side by side, each drawn as the (D, D) that it is
            D = array.shape[0]
            array[:] = np.concatenate([xavier_uniform(rng, (D, D)) for _ in range(3)], axis=1)
        elif kind.startswith("w"):
            array[:] = xavier_uniform(rng, array.shape)
        elif kind in ("b1", "b2"):
            array[:] = rng.normal(0, 1e-6, array.shape)
        elif kind == "positions":
            array[:] = rng.normal(0, position_std, array.shape)
        else:
            array[:] = 1 if kind == "gamma" else 0


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """(in, out) -> uniform in +-sqrt(6 / (in + out)): variance 2 / (in + out)."""
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape)


def cut_off_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal values, redrawn while they lie outside +-2, then scaled back to variance 1."""
    values = rng.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = rng.standard_normal(outside.sum())
        outside = np.abs(values) > 2
    return values / CUT_OFF_STD
