"""The ways in which a model may begin: each says how it draws every kind of parameter.

google           as Google's code draws them; the head is 0
truncated-normal as DeiT, timm and Hugging Face do: N(0, 0.02), the head too
standard-normal  as vit-pytorch does: cls and positions N(0, 1), the rest as PyTorch's linear maps
mimetic          as Google's, but attention begins as it often ends (mimetic.py), and the positions
                 as sinusoids

None of them changes the model: names and shapes are the same.
"""

from collections.abc import Mapping
from functools import partial

from minivit.errors import InputError
from minivit.models.config import ViTConfig
from minivit.models.initialisation import (
    MLP_BIAS_STD,
    fan_in_uniform,
    matrices,
    matrix,
    normal,
    projection,
    sinusoids,
    truncated_normal,
    uniform_by,
    zeros,
)
from minivit.models.mimetic import mimetic_attention, mimetic_qkv
from minivit.params import Parameter


class Google:
    """The paper's authors' way. The others say only what they do otherwise."""

    zero_head, position_std = True, 0.02

    def __init__(self, zero_head: bool | None = None, position_std: float | None = None):
        """None: as this beginning has it."""
        if zero_head is not None:
            self.zero_head = zero_head
        if position_std is not None:
            self.position_std = position_std

    def matrix(self, rows: int, columns: int) -> Parameter:
        """(in, out), of a linear map inside the model."""
        return matrix(rows, columns)

    def dense(self, rows: int, columns: int) -> Parameter:
        """(in, out), of the patches' projection and of the pre-logits: Flax's default."""
        return projection(rows, columns)

    def filters(self, *shape: int) -> Parameter:
        """(rows, columns, in, out), of a convolution: Flax's default."""
        return projection(*shape)

    def qkv(self, c: ViTConfig) -> Parameter:
        """(D, 3HK): queries, keys and values."""
        return matrices(3, c.width, c.heads_width)

    def bias(self, size: int, rows: int) -> Parameter:
        """(out,), beside a matrix of so many rows."""
        return zeros(size)

    def mlp_bias(self, size: int, rows: int) -> Parameter:
        return normal(size, std=MLP_BIAS_STD)

    def cls(self, width: int) -> Parameter:
        return zeros(width)

    def positions(self, *shape: int) -> Parameter:
        """A table (tokens, D) or one token's (D,), of the spread `position_std`."""
        return normal(*shape, std=self.position_std)

    def offsets(self, rows: int, columns: int) -> Parameter:
        """A table of relative positions."""
        return self.positions(rows, columns)

    def head(self, rows: int, columns: int) -> Parameter:
        """(D, C): a zero head lets no gradient through until it has learnt something."""
        zero = zeros(rows, columns, decayed=True)
        return (zero if self.zero_head else self.matrix(rows, columns))._replace(gate=True)


class TruncatedNormal(Google):
    """N(0, 0.02), cut off at two standard deviations, for all matrices and positions; biases 0.

    cls is N(0, 1e-6), as in timm. (Touvron et al. 2021 take it from Hanin and Rolnick 2018.)
    """

    zero_head, std = False, 0.02

    def matrix(self, rows, columns):
        return self.filters(rows, columns)

    def dense(self, rows, columns):
        return self.filters(rows, columns)

    def filters(self, *shape):
        return Parameter(shape, partial(truncated_normal, self.std), decayed=True)

    def qkv(self, c):
        return self.matrix(c.width, 3 * c.heads_width)

    def mlp_bias(self, size, rows):
        return zeros(size)

    def cls(self, width):
        return normal(width, std=1e-6)

    def positions(self, *shape):
        return Parameter(shape, partial(truncated_normal, self.position_std))


class StandardNormal(Google):
    """cls and positions N(0, 1); matrices and biases uniform in +-1 / sqrt(in), as in PyTorch."""

    zero_head, position_std = False, 1.0

    def matrix(self, rows, columns):
        return self.filters(rows, columns)

    def dense(self, rows, columns):
        return self.filters(rows, columns)

    def filters(self, *shape):
        return Parameter(shape, fan_in_uniform, decayed=True)

    def qkv(self, c):
        return self.matrix(c.width, 3 * c.heads_width)

    def bias(self, size, rows):
        return Parameter((size,), partial(uniform_by, rows))

    def mlp_bias(self, size, rows):
        return self.bias(size, rows)

    def cls(self, width):
        return normal(width, std=1.0)


class Mimetic(Google):
    """Q K^T begins near the identity, V W_out near minus the identity (mimetic.py)."""

    position_std = 0.5**0.5  # of a sine: the sinusoids as they are

    def qkv(self, c):
        shape = c.width, 3 * c.heads_width
        if not c.out_projection:
            return Parameter(shape, mimetic_qkv, decayed=True)
        return Parameter(shape, partial(mimetic_attention, c.heads), True, partner="w_out")

    def positions(self, *shape):
        return Parameter(shape, partial(sinusoids, self.position_std))

    def offsets(self, rows, columns):  # they play keys, and are no places that waves would number
        return normal(rows, columns, std=self.position_std)


BEGINNINGS: Mapping[str, type[Google]] = {
    "google": Google,
    "truncated-normal": TruncatedNormal,
    "standard-normal": StandardNormal,
    "mimetic": Mimetic,
}


def beginning_of(
    name: str, zero_head: bool | None = None, position_std: float | None = None
) -> Google:
    """A way to begin by its name; InputError for an unknown one."""
    if name not in BEGINNINGS:
        raise InputError(f"beginning is {name!r}: choose {' or '.join(map(repr, BEGINNINGS))}")
    return BEGINNINGS[name](zero_head, position_std)
