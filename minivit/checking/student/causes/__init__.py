"""The mistakes that students make, one file for each family of ops."""

from minivit.checking.student.causes import (
    attention,
    batchnorm,
    branches,
    convolution_more,
    cross_entropy_more,
    dropping,
    embed_more,
    gelu_forms,
    groupnorm,
    head,
    layernorm,
    linear_more,
    max_pool,
    mean_squared_error,
    mlp,
    multihead_attention,
    patchify_orders,
    pick_tokens,
    pool_more,
    positions_2d_more,
    positions_more,
    relu,
    similarity,
    sincos_positions,
    softmax_scores,
    weight_standardisation,
)
from minivit.checking.student.causes.anywhere import anywhere
from minivit.checking.student.causes.cause import Cause

OF_OPS: dict[str, list[Cause]] = {
    **patchify_orders.CAUSES,
    **linear_more.CAUSES,
    **embed_more.CAUSES,
    **pick_tokens.CAUSES,
    **positions_more.CAUSES,
    **positions_2d_more.CAUSES,
    **sincos_positions.CAUSES,
    **layernorm.CAUSES,
    **softmax_scores.CAUSES,
    **attention.CAUSES,
    **multihead_attention.CAUSES,
    **gelu_forms.CAUSES,
    **mlp.CAUSES,
    **dropping.CAUSES,
    **branches.CAUSES,
    **pool_more.CAUSES,
    **head.CAUSES,
    **similarity.CAUSES,
    **cross_entropy_more.CAUSES,
    **mean_squared_error.CAUSES,
    **convolution_more.CAUSES,
    **max_pool.CAUSES,
    **groupnorm.CAUSES,
    **batchnorm.CAUSES,
    **weight_standardisation.CAUSES,
    **relu.CAUSES,
}


def causes_of(op: str) -> list[Cause]:
    """Those of the op itself, then those that any op may have."""
    return [*OF_OPS.get(op, []), *anywhere(op)]
