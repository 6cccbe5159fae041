"""Options that don't go with learning from hidden patches are refused, and the reverse."""

from minivit.errors import InputError
from minivit.models.objective import DEFAULTS

MOST_COLOURED = 4  # channels: 4,096 colours


def check_objective(c) -> None:
    """InputError for what doesn't go with learning from hidden patches, and the reverse."""
    own = {"classes": ["objective"], "masked-patches": ["objective", "masked"]}
    for name, usual in DEFAULTS.items():
        if name not in own.get(c.objective, DEFAULTS) and getattr(c, name) != usual:
            owners = "mae" if name != "masked" else "masked-patches or mae"
            raise InputError(
                f"{name.replace('_', ' ')} is {getattr(c, name)}, and the objective is "
                f"{c.objective}: it has no such option; leave it out, or choose {owners}"
            )
    if c.learns_classes:
        return
    told = f"the objective is {c.objective}"
    if c.root is not None:
        raise InputError(
            f"{told}, and root is {c.root}: patches of the image are hidden, and a hybrid's are "
            "cut out of a map; leave the root out"
        )
    if c.patches < 2:
        raise InputError(f"{told}, and an image is one patch: choose smaller patches")
    if c.pool == "sequence" or c.norm_after_pool or c.pre_logits is not None:
        raise InputError(
            f"{told}, which learns nothing that lies behind the blocks: choose pool cls, mean or "
            "flatten, without norm after pool and pre-logits"
        )
    if c.objective == "masked-patches" and c.channels > MOST_COLOURED:
        raise InputError(
            f"{told}, and {c.channels} channels have {8 ** min(c.channels, 20):,} colours or more: "
            f"choose images with at most {MOST_COLOURED} channels"
        )
    if c.objective == "mae":
        check_mae(c)


def check_mae(c) -> None:
    """InputError where a block would need all patches, or the decoder can't have its width."""
    needs_all = {"a window": c.window is not None, "axial attention": c.axial,
                 "relative positions": c.positions == "relative",
                 "positions at every layer": c.positions_at != "input"}  # fmt: skip
    for name, is_asked in needs_all.items():
        if is_asked:
            raise InputError(
                f"the objective is mae, and {name} would need the patches that its blocks don't "
                "see: leave it out, or choose masked-patches"
            )
    seen = c.tokens - c.hidden
    if c.top_k is not None and c.top_k > seen:
        raise InputError(
            f"top k is {c.top_k}, and with mae the blocks see {seen} tokens: choose at most {seen}"
        )
    width = c.decoder_width or c.width
    if width % 4 or width % c.heads:
        raise InputError(
            f"the decoder's width is {width}: its positions need a multiple of 4, and its heads "
            f"one of {c.heads}; choose another decoder width"
        )
