"""The mistakes that students make, one file for each family of ops."""

from minivit.checking.student.causes import (
    attention,
    batchnorm,
    branches,
    convolution_edges,
    dropping,
    embed_rows,
    gelu_forms,
    grid_positions,
    groupnorm,
    head,
    layernorm,
    linear_alone,
    max_pool,
    mean_squared_error,
    mlp,
    multihead_attention,
    other_losses,
    other_pools,
    patchify_orders,
    pick_tokens,
    position_rows,
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
    **linear_alone.CAUSES,
    **embed_rows.CAUSES,
    **pick_tokens.CAUSES,
    **position_rows.CAUSES,
    **grid_positions.CAUSES,
    **sincos_positions.CAUSES,
    **layernorm.CAUSES,
    **softmax_scores.CAUSES,
    **attention.CAUSES,
    **multihead_attention.CAUSES,
    **gelu_forms.CAUSES,
    **mlp.CAUSES,
    **dropping.CAUSES,
    **branches.CAUSES,
    **other_pools.CAUSES,
    **head.CAUSES,
    **similarity.CAUSES,
    **other_losses.CAUSES,
    **mean_squared_error.CAUSES,
    **convolution_edges.CAUSES,
    **max_pool.CAUSES,
    **groupnorm.CAUSES,
    **batchnorm.CAUSES,
    **weight_standardisation.CAUSES,
    **relu.CAUSES,
}


def causes_of(op: str) -> list[Cause]:
    """Those of the op itself, then those that any op may have."""
    return [*OF_OPS.get(op, []), *anywhere(op)]
