"""The speed: the same ops as in `minivit.ops`, with the same names, compiled by Numba.

Read simd/tiles.py (a part of a matrix product in vector registers) and product/ first; then
elementary.py (exp and GELU that vectorise), layernorm.py, attention.py. linear.py, mlp.py and
multihead_attention.py put them together, and the two branches of a block add what surrounds them.
"""

import minivit.kernels.compiling  # noqa: F401, I001  first: it sets the threads before Numba loads

from minivit.kernels.adam import adam_step
from minivit.kernels.attention import attention_backward, attention_forward
from minivit.kernels.attention_branch import (
    attention_branch_backward,
    attention_branch_forward,
)
from minivit.kernels.cross_entropy import cross_entropy_backward, cross_entropy_forward
from minivit.kernels.embed import embed_backward, embed_forward
from minivit.kernels.gelu import gelu_backward, gelu_forward
from minivit.kernels.global_norm import global_norm
from minivit.kernels.head import head_backward, head_forward
from minivit.kernels.layernorm import layernorm_backward, layernorm_forward
from minivit.kernels.linear import linear_backward, linear_forward
from minivit.kernels.mlp import mlp_backward, mlp_forward
from minivit.kernels.mlp_branch import mlp_branch_backward, mlp_branch_forward
from minivit.kernels.multihead_attention import (
    multihead_attention_backward,
    multihead_attention_forward,
)
from minivit.kernels.patchify import patchify_backward, patchify_forward
from minivit.kernels.positions import (
    positions_2d_backward,
    positions_2d_forward,
    positions_backward,
    positions_forward,
)
from minivit.kernels.softmax import softmax_backward, softmax_forward
from minivit.kernels.stochastic_depth import (
    stochastic_depth_backward,
    stochastic_depth_forward,
)

__all__ = [
    "adam_step",
    "attention_backward",
    "attention_branch_backward",
    "attention_branch_forward",
    "attention_forward",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "embed_backward",
    "embed_forward",
    "gelu_backward",
    "gelu_forward",
    "global_norm",
    "head_backward",
    "head_forward",
    "layernorm_backward",
    "layernorm_forward",
    "linear_backward",
    "linear_forward",
    "mlp_backward",
    "mlp_branch_backward",
    "mlp_branch_forward",
    "mlp_forward",
    "multihead_attention_backward",
    "multihead_attention_forward",
    "patchify_backward",
    "patchify_forward",
    "positions_2d_backward",
    "positions_2d_forward",
    "positions_backward",
    "positions_forward",
    "softmax_backward",
    "softmax_forward",
    "stochastic_depth_backward",
    "stochastic_depth_forward",
]
