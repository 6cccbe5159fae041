"""The mistakes that students make, one file for each family of ops."""

from minivit.checking.student.causes import (
    attention,
    branches,
    dropping,
    embed,
    gelu,
    layernorm,
    linear,
    mlp,
    multihead_attention,
    patchify,
    softmax,
)
from minivit.checking.student.causes.anywhere import anywhere
from minivit.checking.student.causes.cause import Cause

OF_OPS: dict[str, list[Cause]] = {
    **patchify.CAUSES,
    **linear.CAUSES,
    **embed.CAUSES,
    **layernorm.CAUSES,
    **softmax.CAUSES,
    **attention.CAUSES,
    **multihead_attention.CAUSES,
    **gelu.CAUSES,
    **mlp.CAUSES,
    **dropping.CAUSES,
    **branches.CAUSES,
}


def causes_of(op: str) -> list[Cause]:
    """Those of the op itself, then those that any op may have."""
    return [*OF_OPS.get(op, []), *anywhere(op)]
