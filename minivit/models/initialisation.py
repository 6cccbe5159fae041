"""How parameters begin: the pieces that a model's declarations are made of.

Google's ViT draws matrices Xavier-uniform (Glorot and Bengio 2010, equation 16), the patch
projection and the pre-logits LeCun-normal cut off at two standard deviations, MLP biases N(0, 1e-6)
and positions N(0, 0.02); CCT draws the weights of sequence pooling from N(0, 0.02). LayerNorm
begins with gamma 1 and beta 0. Everything else is 0: the cls token, the other biases and the whole
head.
"""

import math
from functools import partial

import numpy as np

from minivit.params import Parameter

POSITION_STD = 0.02
MLP_BIAS_STD = 1e-6
# The standard deviation of a standard normal variable that is cut off at +-2.
CUT_OFF_STD = 0.87962566103423978


def matrix(*shape: int) -> Parameter:
    """(in, out), Xavier-uniform."""
    return Parameter(shape, xavier_uniform, decayed=True)


def matrices(count: int, rows: int, columns: int) -> Parameter:
    """`count` matrices (rows, columns) side by side, each Xavier-uniform by itself."""
    return Parameter((rows, count * columns), partial(side_by_side, count), decayed=True)


def projection(*shape: int) -> Parameter:
    """(in, out), LeCun-normal, cut off at two standard deviations."""
    return Parameter(shape, lecun_normal, decayed=True)


def normal(*shape: int, std: float, decayed: bool = False) -> Parameter:
    """N(0, std): positions and the biases of an MLP, which are not decayed; or a matrix."""
    return Parameter(shape, partial(normal_values, std), decayed)


def zeros(*shape: int, decayed: bool = False) -> Parameter:
    return Parameter(shape, zero_values, decayed)


def ones(*shape: int) -> Parameter:
    return Parameter(shape, one_values)


def layernorm_parameters(D: int) -> dict[str, Parameter]:
    """gamma 1 and beta 0."""
    return {"gamma": ones(D), "beta": zeros(D)}


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """(in, out) -> uniform in +-sqrt(6 / (in + out)): variance 2 / (in + out)."""
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape)


def side_by_side(count: int, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """`count` matrices of (in, out / count), each Xavier-uniform by itself."""
    one = (shape[0], shape[1] // count)
    return np.concatenate([xavier_uniform(rng, one) for _ in range(count)], axis=1)


def lecun_normal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """(in, out) -> normal values, cut off, of variance 1 / in."""
    return cut_off_normal(rng, shape) / math.sqrt(shape[0])


def cut_off_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal values, redrawn while they lie outside +-2, then scaled back to variance 1."""
    values = rng.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = rng.standard_normal(outside.sum())
        outside = np.abs(values) > 2
    return values / CUT_OFF_STD


def normal_values(std: float, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(0, std, shape)


def zero_values(rng: np.random.Generator, shape: tuple[int, ...]) -> float:
    return 0.0


def one_values(rng: np.random.Generator, shape: tuple[int, ...]) -> float:
    return 1.0
