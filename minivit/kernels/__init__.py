"""The speed: the same ops as in `minivit.ops`, with the same names, compiled by Numba.

Begin with simd/tiles.py and product/: nearly all time goes into matrix products. Then read on from
the top, where each file builds on those above it:

    compiling/              how kernels are compiled, kept and entered
    matrix.py               a matrix as compiled code hands it on
    simd/                   vector registers and what is done with them, as LLVM instructions
    inputs.py               what a kernel may be given
    elementary.py           exp and GELU of a number, vectorised in a loop
    gelu.py                 GELU, one pass over a flat array
    softmax.py              softmax, over rows
    layernorm_steps.py      LayerNorm of some rows
    layernorm.py            LayerNorm, over rows
    product/                the matrix product; bias, residual and GELU fused
    linear.py               y = x w + b
    mlp.py                  two products, with GELU in between
    heads.py                where each head's matrix lies in q, k, v and y
    dropout.py              values that become 0, drawn again wherever they are needed
    top_k.py                only the best keys of each query
    window.py               keys outside of a query's window
    workspace.py            how far apart the threads work in one workspace
    attention_steps.py      what is done with a chunk of queries: products, softmax
    relative.py             scores from how far apart query and key lie
    attention_space.py      where a thread's matrices lie
    attention_chunk.py      what one thread does for attention, and what that costs
    attention_lanes/        the other way, for short sequences: one head per lane
    attention_bf16/         and for long ones in bf16
    attention.py            attention on all threads
    multihead_attention.py  two products around attention
    stochastic_depth.py     which images of a batch a branch is computed for
    left_out.py             what a branch leaves out, and how its result is added
    by_rows/                branches of narrow models, some rows at a time
    attention_branch.py     x + MSA(LN(x))
    mlp_branch.py           x + MLP(LN(x))

    patchify.py             images to rows of patches
    embed.py                the patches' product, cls token and positions
    positions.py            learned positions, added to the tokens
    sincos_positions.py     fixed ones, added in the same way
    pool.py                 the tokens of an image become one vector
    pre_logits.py           a product and a tanh
    head.py                 pool and product
    cross_entropy.py        the loss
    pick_tokens.py          which token stands where: patches that are hidden
    mean_squared_error.py   the loss of pixels
    similarity.py           every image with every name
    columns.py              sums of columns, and columns scaled
    winograd/               a convolution of 3 x 3 with less than half of the multiplications
    convolution.py          products of patches, which are never written as a matrix
    depthwise_convolution.py  every channel through a window of its own
    max_pool.py             the largest number that a window sees
    weight_standardisation.py, groupnorm.py, batchnorm.py  what is done with them
    relu.py                 what is negative becomes 0
    global_norm.py          the length of the gradient
    adam.py                 the optimiser's step, Adam's or AdamW's
    sgd.py                  SGD's
    muon.py                 Muon's, on a matrix: small ones on one thread
"""

import minivit.kernels.compiling  # noqa: F401, I001  first: it sets the threads before Numba loads

from minivit.kernels.adam import adam_step
from minivit.kernels.attention import attention_backward, attention_forward
from minivit.kernels.attention_branch import (
    attention_branch_backward,
    attention_branch_forward,
)
from minivit.kernels.convolution import convolution_backward, convolution_forward
from minivit.kernels.cross_entropy import cross_entropy_backward, cross_entropy_forward
from minivit.kernels.dropout import dropout_backward, dropout_forward
from minivit.kernels.embed import embed_backward, embed_forward
from minivit.kernels.gelu import gelu_backward, gelu_forward
from minivit.kernels.global_norm import global_norm
from minivit.kernels.head import head_backward, head_forward
from minivit.kernels.layernorm import layernorm_backward, layernorm_forward
from minivit.kernels.linear import linear_backward, linear_forward
from minivit.kernels.mean_squared_error import (
    mean_squared_error_backward,
    mean_squared_error_forward,
)
from minivit.kernels.mlp import mlp_backward, mlp_forward
from minivit.kernels.mlp_branch import mlp_branch_backward, mlp_branch_forward
from minivit.kernels.multihead_attention import (
    multihead_attention_backward,
    multihead_attention_forward,
)
from minivit.kernels.muon import muon_step
from minivit.kernels.patchify import patchify_backward, patchify_forward
from minivit.kernels.pick_tokens import pick_tokens_backward, pick_tokens_forward
from minivit.kernels.pool import pool_backward, pool_forward
from minivit.kernels.positions import (
    positions_2d_backward,
    positions_2d_forward,
    positions_backward,
    positions_forward,
)
from minivit.kernels.pre_logits import pre_logits_backward, pre_logits_forward
from minivit.kernels.sgd import sgd_step
from minivit.kernels.similarity import similarity_backward, similarity_forward
from minivit.kernels.sincos_positions import (
    sincos_positions_backward,
    sincos_positions_forward,
)
from minivit.kernels.softmax import softmax_backward, softmax_forward
from minivit.kernels.stochastic_depth import (
    stochastic_depth_backward,
    stochastic_depth_forward,
)
from minivit.kernels.batchnorm import batchnorm_backward, batchnorm_forward
from minivit.kernels.depthwise_convolution import (
    depthwise_convolution_backward,
    depthwise_convolution_forward,
)
from minivit.kernels.groupnorm import groupnorm_backward, groupnorm_forward
from minivit.kernels.max_pool import max_pool_backward, max_pool_forward
from minivit.kernels.relu import relu_backward, relu_forward
from minivit.kernels.weight_standardisation import (
    weight_standardisation_backward,
    weight_standardisation_forward,
)

__all__ = [
    "adam_step",
    "attention_backward",
    "attention_branch_backward",
    "attention_branch_forward",
    "attention_forward",
    "batchnorm_backward",
    "batchnorm_forward",
    "convolution_backward",
    "convolution_forward",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "depthwise_convolution_backward",
    "depthwise_convolution_forward",
    "dropout_backward",
    "dropout_forward",
    "embed_backward",
    "embed_forward",
    "gelu_backward",
    "gelu_forward",
    "global_norm",
    "groupnorm_backward",
    "groupnorm_forward",
    "head_backward",
    "head_forward",
    "layernorm_backward",
    "layernorm_forward",
    "linear_backward",
    "linear_forward",
    "max_pool_backward",
    "max_pool_forward",
    "mean_squared_error_backward",
    "mean_squared_error_forward",
    "mlp_backward",
    "mlp_branch_backward",
    "mlp_branch_forward",
    "mlp_forward",
    "multihead_attention_backward",
    "multihead_attention_forward",
    "muon_step",
    "patchify_backward",
    "patchify_forward",
    "pick_tokens_backward",
    "pick_tokens_forward",
    "pool_backward",
    "pool_forward",
    "positions_2d_backward",
    "positions_2d_forward",
    "positions_backward",
    "positions_forward",
    "pre_logits_backward",
    "pre_logits_forward",
    "relu_backward",
    "relu_forward",
    "sgd_step",
    "similarity_backward",
    "similarity_forward",
    "sincos_positions_backward",
    "sincos_positions_forward",
    "softmax_backward",
    "softmax_forward",
    "stochastic_depth_backward",
    "stochastic_depth_forward",
    "weight_standardisation_backward",
    "weight_standardisation_forward",
]
