"""timm's config.json: what it tells of a model, and how it is written.

    {"architecture": ..., "num_classes": 3, "global_pool": "token", "label_names": [...],
     "label_descriptions": {...},
     "model_args": {"img_size": ..., "num_heads": ...},     how the model is made
     "pretrained_cfg": {"input_size": ..., "mean": ...}}    what pictures it takes

In the files of former years all of it stands at the root.
"""

from collections.abc import Mapping
from typing import NamedTuple

from minivit.checkpoints.foreign.beside import (
    CONFIG,
    check_told,
    flag,
    number,
    numbers,
    part,
    side_or_sides,
    sides_of,
    word_for,
)
from minivit.checkpoints.foreign.imagenet import names_if_imagenet
from minivit.checkpoints.foreign.pictures import CROP_MODES, mean_and_std
from minivit.checkpoints.foreign.sizes import settled
from minivit.errors import InputError
from minivit.models import ViT

POOLS = {"token": "cls", "avg": "mean"}  # theirs and ours
GELUS = {"gelu": "erf", "gelu_tanh": "tanh"}


class Told(NamedTuple):
    """The three parts of a config.json."""

    root: dict
    args: dict
    use: dict

    @property
    def input_size(self) -> list | None:
        """[channels, height, width] of the pictures, if it is there."""
        return numbers(self.use, "input_size", CONFIG)

    @property
    def image(self) -> tuple[int, int] | None:
        """The image's sides: those that the model is made with, else those of its pictures."""
        made = sides_of(self.args.get("img_size"), CONFIG)
        return made or sides_of(self.input_size and self.input_size[1:], CONFIG)

    @property
    def gelu(self) -> str:
        """Which GELU, by our name; InputError for another activation."""
        theirs = self.args.get("act_layer")
        theirs = "gelu" if theirs is None else theirs
        if theirs not in tuple(GELUS):
            raise InputError(f"{CONFIG} asks for {theirs!r:.40}: minivit has {' and '.join(GELUS)}")
        return GELUS[theirs]

    @property
    def pool(self) -> str | None:
        """How it pools, by our name; None if that isn't told, and InputError for another way.

        timm makes the model with the one in model_args, and repeats it at the root, but for "".
        """
        made, repeated = (values.get("global_pool") for values in (self.args, self.root))
        if None not in (made, repeated) and made != repeated:
            raise InputError(
                f"{CONFIG} has the poolings {made!r:.40} and {repeated!r:.40}: mend it, or "
                "remove it"
            )
        theirs = repeated if made is None else made
        if theirs is not None and theirs not in tuple(POOLS):
            raise InputError(f"{CONFIG} asks for pooling {theirs!r:.40}: minivit reads "
                             f"{' and '.join(POOLS)}")  # fmt: skip
        return POOLS[theirs] if theirs else None


def told_by(beside: dict[str, dict]) -> Told:
    root = beside.get(CONFIG, {})
    use = part(root, "pretrained_cfg", dict, CONFIG) if "pretrained_cfg" in root else root
    return Told(root, part(root, "model_args", dict, CONFIG), use)


def check_config(told: Told, found: Mapping[str, object], has_head: bool) -> None:
    """InputError where a config.json contradicts what the arrays tell.

    `found`: that, by the names in model_args, mlp_hidden besides.
    """
    width, mlp = found["embed_dim"], found["mlp_hidden"]
    ratio = number(told.args, "mlp_ratio", CONFIG)
    is_right = ratio is not None and mlp <= width * ratio < mlp + 1  # timm cuts the rest off
    classes = {"num_classes": found["num_classes"] if has_head else 0}
    # The root's own number goes before that in pretrained_cfg.
    check_told({"num_classes": told.use.get("num_classes")} | told.root,
               classes | {"num_features": width}, CONFIG)  # fmt: skip
    check_told(told.args, {**found, **classes, "mlp_ratio": ratio if is_right else mlp / width},
               CONFIG)  # fmt: skip
    if told.input_size and told.args.get("in_chans") is None:
        check_told({"input_size": told.input_size[0]}, {"input_size": found["in_chans"]}, CONFIG)


def pool_of(told: Told, asked: str | None, has_cls: bool, norm_is_behind: bool):
    """What the head reads, and whether that is assumed, as nothing tells it.

    "token" with a LayerNorm behind it is our "cls": it normalises each row on its own.
    """
    if asked not in (None, *POOLS.values()):
        raise InputError(f"pool is {asked}: this layout has {' and '.join(POOLS.values())}")
    pool = settled("pool", asked, told.pool, CONFIG)
    is_assumed = pool is None
    if is_assumed:  # timm's own defaults
        pool = "mean" if norm_is_behind or not has_cls else "cls"
    if pool == "cls" and not has_cls:
        raise InputError("pool is cls, and the file has no cls_token: it is that of another model")
    if pool == "mean" and has_cls and flag(told.args, "pool_include_prefix", False, CONFIG):
        raise InputError(
            f"{CONFIG} has pool_include_prefix: it takes the mean of the cls token, too, and "
            "minivit only that of the patches"
        )
    return pool, is_assumed


def names_of(told: Told, classes: int) -> tuple[list[str] | None, bool]:
    """The class names, and whether they are assumed to be ImageNet's, as nothing tells them.

    timm writes them at the root; they may be numbered, and have longer descriptions.
    """
    values = told.root if told.root.get("label_names") else told.use
    names = values.get("label_names") or told.use.get("labels")
    if not names:
        names = names_if_imagenet(classes)
        return names, names is not None
    if isinstance(names, dict):
        if set(names) != {str(i) for i in range(classes)}:
            raise InputError(f"{CONFIG} names {len(names)} classes, and the arrays have {classes}, "
                             f"from 0 to {classes - 1}: mend it, or remove it")  # fmt: skip
        names = [names[str(i)] for i in range(classes)]
    if not isinstance(names, list):
        raise InputError(
            f"{CONFIG} has 'label_names' as {names!r:.40}: expected the classes' names"
        )
    described = part(told.root, "label_descriptions", dict, CONFIG) or part(
        told.use, "label_descriptions", dict, CONFIG)  # fmt: skip
    return [str(described.get(str(name), name)) for name in names], False


def described(model: ViT) -> dict[str, dict]:
    """config.json, with which `timm.create_model("local-dir:FOLDER")` makes the model."""
    c, use = model.config, model.preprocessing
    mean, std = mean_and_std(use, c.channels)
    pool = word_for(c.pool, POOLS)
    return {CONFIG: {
        "architecture": "vit_base_patch16_224", "num_classes": c.classes, "num_features": c.width,
        "global_pool": pool, "label_names": list(model.class_names),
        "model_args": {
            "img_size": list(c.image), "patch_size": side_or_sides(c.patch),
            "in_chans": c.channels, "embed_dim": c.width, "depth": c.depth, "num_heads": c.heads,
            "mlp_ratio": c.mlp / c.width, "qkv_bias": c.qkv_bias, "class_token": c.has_cls,
            "fc_norm": c.norm_after_pool, "global_pool": pool,
            "act_layer": word_for(c.gelu, GELUS),
        },
        "pretrained_cfg": {
            "input_size": [c.channels, *c.image], "num_classes": c.classes, "mean": mean,
            "std": std, "interpolation": use.get("interpolation", "bilinear"),
            "crop_pct": use.get("crop", 1.0),
            "crop_mode": word_for(use.get("resize", "middle"), CROP_MODES),
            "first_conv": "patch_embed.proj", "classifier": "head",
        },
    }}  # fmt: skip
