"""The mathematics, in NumPy: one op a file, forward above backward. The definition of correct.

Every op obeys one law:

    y, cache = op_forward(x, w, ..., *, option=...)
    dx, dw, ... = op_backward(dy, cache)

A backward returns one gradient per float-array input of its forward, in the same order, with the
same shape and dtype; an absent optional input gets None. Ops are pure: they hold no state, write
into none of their arguments and return nothing that shares memory with dy. Only the optimiser's
step works in place, on vectors that may be as large as the model. `op_flops`, where matrices are
multiplied, counts the FLOPs of the forward for one item of the batch.

Begin with linear.py, the simplest op. From the pixels to the loss:

    patchify.py             an image becomes a row of flat patches
    embed.py                patches become tokens, with a cls token and positions
    positions.py            learned positions, 1-D or 2-D, where embed does not add them
    sincos_positions.py     fixed ones: sines and cosines
    attention_branch.py     the first half of a block: x + MSA(LN(x))
    mlp_branch.py           the second half: x + MLP(LN(x))
    layernorm.py            every token to mean 0 and variance 1, then scaled and shifted
    pool.py                 the tokens become one vector
    pre_logits.py           a hidden layer before the head
    head.py                 one vector, such as the cls token, becomes class scores
    cross_entropy.py        the loss, fused with the softmax before it

Where a model learns without labels, from patches that are hidden from it:

    pick_tokens.py          which token stands where, and where the mask token does
    masking.py              which patches are hidden, from a seed
    patch_targets.py        what is asked about them: their mean colours, their pixels
    mean_squared_error.py   the loss of pixels

Where images and names, written out, become vectors of one space:

    similarity.py           how well every image goes with every name

What the branches are made of, beside layernorm:

    linear.py               y = x w + b
    softmax.py              scores become probabilities
    attention.py            every query takes a mixture of the values
    window.py               which keys a query sees
    relative.py             extra scores from how far apart query and key lie
    multihead_attention.py  MSA: several attentions side by side
    gelu.py                 the bend of the MLP
    mlp.py                  linear, gelu, linear
    dropout.py              some values become 0 in training
    stochastic_depth.py     some images skip a branch in training
    left_out.py             how a branch adds its result, or what is left of it

What a ResNet is made of, on feature maps (B, height, width, channels):

    convolution.py          the same linear map at every place of a map
    depthwise_convolution.py  every channel through a window of its own
    max_pool.py             the largest number that a window sees
    sliding.py              how a window slides over a map, and what lies beside it
    weight_standardisation.py  every filter to mean 0 and variance 1, before its use
    groupnorm.py            the channels of an image in groups, each to mean 0 and variance 1
    batchnorm.py            every channel to mean 0 and variance 1 over a batch
    relu.py                 what is negative becomes 0

Global average pooling is pool.py's mean, of maps seen as tokens: x.reshape(B, -1, channels).

After the backward: global_norm.py (the length of a gradient) and a step: adam.py, sgd.py, muon.py.
What ops use: inputs.py (checks), notes.py (how a trace sees inside) and chance.py (numbers from a
seed).
"""

from minivit.ops.adam import adam_step
from minivit.ops.attention import (
    AttentionOptions,
    attention_backward,
    attention_flops,
    attention_forward,
)
from minivit.ops.attention_branch import (
    attention_branch_backward,
    attention_branch_flops,
    attention_branch_forward,
)
from minivit.ops.batchnorm import Running, batchnorm_backward, batchnorm_forward
from minivit.ops.chance import BranchDrop, Drop
from minivit.ops.convolution import (
    convolution_backward,
    convolution_flops,
    convolution_forward,
)
from minivit.ops.cross_entropy import cross_entropy_backward, cross_entropy_forward
from minivit.ops.depthwise_convolution import (
    depthwise_convolution_backward,
    depthwise_convolution_flops,
    depthwise_convolution_forward,
)
from minivit.ops.dropout import dropout_backward, dropout_forward
from minivit.ops.embed import embed_backward, embed_flops, embed_forward
from minivit.ops.gelu import gelu_backward, gelu_forward
from minivit.ops.global_norm import global_norm
from minivit.ops.groupnorm import groupnorm_backward, groupnorm_forward
from minivit.ops.head import head_backward, head_flops, head_forward
from minivit.ops.layernorm import layernorm_backward, layernorm_forward
from minivit.ops.linear import linear_backward, linear_flops, linear_forward
from minivit.ops.masking import Masking
from minivit.ops.max_pool import max_pool_backward, max_pool_forward
from minivit.ops.mean_squared_error import (
    mean_squared_error_backward,
    mean_squared_error_forward,
)
from minivit.ops.mlp import mlp_backward, mlp_flops, mlp_forward
from minivit.ops.mlp_branch import mlp_branch_backward, mlp_branch_flops, mlp_branch_forward
from minivit.ops.multihead_attention import (
    multihead_attention_backward,
    multihead_attention_flops,
    multihead_attention_forward,
)
from minivit.ops.muon import muon_step
from minivit.ops.patch_targets import patch_colours, patch_pixels
from minivit.ops.patchify import patchify_backward, patchify_forward
from minivit.ops.pick_tokens import pick_tokens_backward, pick_tokens_forward
from minivit.ops.pool import pool_backward, pool_flops, pool_forward
from minivit.ops.positions import (
    positions_2d_backward,
    positions_2d_forward,
    positions_backward,
    positions_forward,
)
from minivit.ops.pre_logits import pre_logits_backward, pre_logits_flops, pre_logits_forward
from minivit.ops.relu import relu_backward, relu_forward
from minivit.ops.sgd import sgd_step
from minivit.ops.similarity import similarity_backward, similarity_flops, similarity_forward
from minivit.ops.sincos_positions import (
    sincos_positions_backward,
    sincos_positions_forward,
)
from minivit.ops.softmax import softmax_backward, softmax_forward
from minivit.ops.stochastic_depth import stochastic_depth_backward, stochastic_depth_forward
from minivit.ops.weight_standardisation import (
    weight_standardisation_backward,
    weight_standardisation_forward,
)
from minivit.ops.window import Window

__all__ = [
    "AttentionOptions",
    "BranchDrop",
    "Drop",
    "Masking",
    "Running",
    "Window",
    "adam_step",
    "attention_backward",
    "attention_branch_backward",
    "attention_branch_flops",
    "attention_branch_forward",
    "attention_flops",
    "attention_forward",
    "batchnorm_backward",
    "batchnorm_forward",
    "convolution_backward",
    "convolution_flops",
    "convolution_forward",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "depthwise_convolution_backward",
    "depthwise_convolution_flops",
    "depthwise_convolution_forward",
    "dropout_backward",
    "dropout_forward",
    "embed_backward",
    "embed_flops",
    "embed_forward",
    "gelu_backward",
    "gelu_forward",
    "global_norm",
    "groupnorm_backward",
    "groupnorm_forward",
    "head_backward",
    "head_flops",
    "head_forward",
    "layernorm_backward",
    "layernorm_forward",
    "linear_backward",
    "linear_flops",
    "linear_forward",
    "max_pool_backward",
    "max_pool_forward",
    "mean_squared_error_backward",
    "mean_squared_error_forward",
    "mlp_backward",
    "mlp_branch_backward",
    "mlp_branch_flops",
    "mlp_branch_forward",
    "mlp_flops",
    "mlp_forward",
    "multihead_attention_backward",
    "multihead_attention_flops",
    "multihead_attention_forward",
    "muon_step",
    "patch_colours",
    "patch_pixels",
    "patchify_backward",
    "patchify_forward",
    "pick_tokens_backward",
    "pick_tokens_forward",
    "pool_backward",
    "pool_flops",
    "pool_forward",
    "positions_2d_backward",
    "positions_2d_forward",
    "positions_backward",
    "positions_forward",
    "pre_logits_backward",
    "pre_logits_flops",
    "pre_logits_forward",
    "relu_backward",
    "relu_forward",
    "sgd_step",
    "similarity_backward",
    "similarity_flops",
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
