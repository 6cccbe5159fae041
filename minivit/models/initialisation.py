"""How parameters begin: the pieces that the beginnings (beginnings.py) are made of.

Google's ViT draws matrices Xavier-uniform (Glorot and Bengio 2010, equation 16), the patch
projection and the pre-logits LeCun-normal cut off at two standard deviations, MLP biases N(0, 1e-6)
and positions N(0, 0.02); CCT draws the weights of sequence pooling from N(0, 0.02). LayerNorm
begins with gamma 1 and beta 0. Everything else is 0: the cls token, the other biases and the whole
head.
"""

import math
from functools import partial

import numpy as np

from minivit.params import Buffer, Parameter

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
    """(in, out), or filters (rows, columns, in, out): LeCun-normal, cut off at two deviations."""
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


def groupnorm_parameters(channels: int, *, zero: bool) -> dict[str, Parameter]:
    """gamma 1, or 0 at the end of a unit, which then begins as its shortcut; beta 0."""
    gamma = zeros(channels)._replace(gate=True) if zero else ones(channels)
    return {"gamma": gamma, "beta": zeros(channels)}


def batchnorm_parameters(channels: int, *, zero: bool) -> dict[str, Parameter | Buffer]:
    """The same, and the running statistics: mean 0 and variance 1."""
    mean, var = Buffer((channels,), zero_values), Buffer((channels,), one_values, least=0)
    return groupnorm_parameters(channels, zero=zero) | {"mean": mean, "var": var}


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """(in, out) -> uniform in +-sqrt(6 / (in + out)): variance 2 / (in + out)."""
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape)


def side_by_side(count: int, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """`count` matrices of (in, out / count), each Xavier-uniform by itself."""
    one = (shape[0], shape[1] // count)
    return np.concatenate([xavier_uniform(rng, one) for _ in range(count)], axis=1)


def lecun_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(in, out), or filters (rows, columns, in, out) -> normal values, cut off, of variance
    1 / in, or 1 / (rows columns in).
    """
    return cut_off_normal(rng, shape) / math.sqrt(math.prod(shape[:-1]))


def cut_off_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal values, redrawn while they lie outside +-2, then scaled back to variance 1."""
    values = rng.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = rng.standard_normal(outside.sum())
        outside = np.abs(values) > 2
    return values / CUT_OFF_STD


def truncated_normal(std: float, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal values, cut off at two standard deviations, of the deviation `std`."""
    return std * cut_off_normal(rng, shape)


def fan_in_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(in, out) -> uniform in +-1 / sqrt(in): PyTorch's linear map.

    Filters (rows, columns, in, out) -> uniform in +-1 / sqrt(rows columns in): its convolution.
    """
    return uniform_by(math.prod(shape[:-1]), rng, shape)


def uniform_by(rows: int, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform in +-1 / sqrt(rows): the bias beside a matrix of so many rows, in PyTorch."""
    bound = 1 / math.sqrt(rows)
    return rng.uniform(-bound, bound, shape)


def sinusoids(std: float, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(n, D) or (D,), row 0: sines and cosines of row number / 10000^(2 i / D), interleaved.

    (Vaswani et al. 2017, section 3.5.) A wave's deviation is sqrt(1/2); `std` takes its place.
    """
    D = shape[-1]
    rows = np.arange(math.prod(shape) // D)[:, None]
    angles = rows / 10_000 ** (np.arange(0, D, 2) / D)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(rows), -1)[:, :D]
    return (std * math.sqrt(2) * waves).reshape(shape)


def normal_values(std: float, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(0, std, shape)


def zero_values(rng: np.random.Generator, shape: tuple[int, ...]) -> float:
    return 0.0


def one_values(rng: np.random.Generator, shape: tuple[int, ...]) -> float:
    return 1.0
