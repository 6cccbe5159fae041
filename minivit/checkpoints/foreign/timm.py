"""timm's layout (timm/models/vision_transformer.py), in a safetensors file.

Matrices are (out, in), PyTorch's way, so that each is our transpose. The patches' kernel is that of
a convolution, out x in x height x width. Queries, keys and values are one matrix, as ours.
A config.json beside the weights tells what their shapes don't: heads, pooling, image, pixels.
"""

from collections.abc import Iterable

from minivit.checkpoints.foreign.arrays import Arrays, renamed, with_zero_row
from minivit.checkpoints.foreign.beside import CONFIG, WEIGHTS, whole
from minivit.checkpoints.foreign.family import Asked, Family, Known
from minivit.checkpoints.foreign.imagenet import IMAGENET
from minivit.checkpoints.foreign.pictures import USUAL, from_timm
from minivit.checkpoints.foreign.sizes import (
    SQUARE,
    classes_of,
    depth_of,
    heads_of,
    image_and_cls_row,
    letters,
    usual_heads,
)
from minivit.checkpoints.foreign.table import Row
from minivit.checkpoints.foreign.timm_config import (
    check_config,
    described,
    names_of,
    pool_of,
    told_by,
)
from minivit.errors import InputError
from minivit.models import ViT, ViTConfig

TABLE = (
    Row("embed.w", "patch_embed.proj.weight", "(y x c) D -> D c y x"),
    Row("embed.b", "patch_embed.proj.bias", "D -> D"),
    Row("embed.cls", "cls_token", "D -> 1 1 D"),
    Row("embed.positions", "pos_embed", "T D -> 1 T D"),
    Row("blocks.{i}.attention.gamma", "blocks.{i}.norm1.weight", "D -> D"),
    Row("blocks.{i}.attention.beta", "blocks.{i}.norm1.bias", "D -> D"),
    Row("blocks.{i}.attention.w_qkv", "blocks.{i}.attn.qkv.weight", "D (s H K) -> (s H K) D"),
    Row("blocks.{i}.attention.b_qkv", "blocks.{i}.attn.qkv.bias", "(s H K) -> (s H K)"),
    Row("blocks.{i}.attention.w_out", "blocks.{i}.attn.proj.weight", "(H K) D -> D (H K)"),
    Row("blocks.{i}.attention.b_out", "blocks.{i}.attn.proj.bias", "D -> D"),
    Row("blocks.{i}.mlp.gamma", "blocks.{i}.norm2.weight", "D -> D"),
    Row("blocks.{i}.mlp.beta", "blocks.{i}.norm2.bias", "D -> D"),
    Row("blocks.{i}.mlp.w1", "blocks.{i}.mlp.fc1.weight", "D M -> M D"),
    Row("blocks.{i}.mlp.b1", "blocks.{i}.mlp.fc1.bias", "M -> M"),
    Row("blocks.{i}.mlp.w2", "blocks.{i}.mlp.fc2.weight", "M D -> D M"),
    Row("blocks.{i}.mlp.b2", "blocks.{i}.mlp.fc2.bias", "D -> D"),
    Row("norm.gamma", "norm.weight", "D -> D"),  # behind pooling: fc_norm.weight
    Row("norm.beta", "norm.bias", "D -> D"),
    Row("head.w", "head.weight", "R C -> C R"),
    Row("head.b", "head.bias", "C -> C"),
)
HEAD = ("head.weight", "head.bias")
LOOKED_FOR = ("patch_embed.proj.weight", "blocks.0.attn.qkv.weight")
REFUSED = {
    "dist_token": "it is a DeiT with distillation",
    "reg_token": "it has registers",
}
CAN = {
    "pool": ("cls", "mean"),
    "norm_after_pool": None,
    "qkv_bias": None,
    "gelu": ("erf", "tanh"),
    "eps": (1e-6,),
}


def today(arrays: Arrays) -> Arrays:
    """The arrays as they are: the layout has one spelling."""
    return arrays


def fits(keys: Iterable[str]) -> bool:
    """Whether a file with these keys has this layout."""
    return set(LOOKED_FOR) <= set(keys)


def known(arrays: Arrays, beside: dict, asked: Asked) -> Known:
    """The configuration that the shapes and a config.json tell."""
    for key, what in REFUSED.items():
        if key in arrays:
            raise InputError(f"{what} ({key}): minivit has one cls token")
    told, found = told_by(beside), told_by_shapes(arrays)
    check_config(told, found, has_head=any(key in arrays for key in HEAD))
    width, patch, has_cls = found["embed_dim"], found["patch_size"], found["class_token"]
    rows = letters(arrays, "pos_embed", "1 T D")["T"]
    image, cls_row = image_and_cls_row(rows, patch, has_cls, told.image)
    if has_cls and not cls_row:  # no_embed_class
        arrays = arrays | {"pos_embed": with_zero_row(arrays["pos_embed"])}
    pool, is_assumed = pool_of(told, asked.pool, has_cls, found["fc_norm"])
    if pool == "cls":  # LayerNorm takes each row on its own: before the pooling is the same
        arrays = renamed((key.replace("fc_norm.", "norm."), a) for key, a in arrays.items())
    heads = whole(told.args, "num_heads", CONFIG)
    config = ViTConfig(
        image=image, channels=found["in_chans"], patch=patch, width=width,
        mlp=found["mlp_hidden"], classes=found["num_classes"], depth=found["depth"],
        heads=heads_of(width, asked.heads, heads),
        pool=pool, cls_token=has_cls, norm_after_pool=found["fc_norm"] and pool != "cls",
        qkv_bias=found["qkv_bias"], gelu=told.gelu, eps=1e-6,
    )  # fmt: skip
    names, are_imagenet = names_of(told, config.classes)
    assumed = {"pool": f"{pool}, as no file tells it"} if is_assumed else {}
    assumed |= {} if told.image else {"image": SQUARE}
    assumed |= {} if heads or asked.heads else {"heads": usual_heads(width)}
    assumed |= {"class names": IMAGENET} if are_imagenet else {}
    assumed |= {} if "mean" in told.use else {"pixels": USUAL}
    return Known(config, arrays, from_timm(told.use), names, assumed)


def told_by_shapes(arrays: Arrays) -> dict:
    """What the arrays tell of a model, by timm's names for it."""
    n = letters(arrays, "patch_embed.proj.weight", "D c y x")
    return {
        "embed_dim": n["D"], "patch_size": (n["y"], n["x"]), "in_chans": n["c"],
        "depth": depth_of(arrays, r"blocks\.(\d+)\."), "class_token": "cls_token" in arrays,
        "mlp_hidden": letters(arrays, "blocks.0.mlp.fc1.weight", "M D")["M"],
        "qkv_bias": "blocks.0.attn.qkv.bias" in arrays, "fc_norm": "fc_norm.weight" in arrays,
        "reg_tokens": 0, "num_classes": classes_of(arrays, HEAD, "C R"),
    }  # fmt: skip


def refusals(c: ViTConfig) -> list[str]:
    """What it can't express beyond what CAN tells."""
    if int(c.width * (c.mlp / c.width)) != c.mlp:
        return [f"mlp is {c.mlp}, and it tells only the ratio to the width {c.width}"]
    return []


def unsaid(model: ViT) -> str:
    """Nothing: its config.json has words for all."""
    return ""


TIMM = Family(
    name="timm", title="timm's", table=TABLE, head=HEAD, fits=fits,
    looked_for=" and ".join(LOOKED_FOR), today=today, known=known, can=CAN, refusals=refusals,
    file=WEIGHTS, described=described, unsaid=unsaid,
)  # fmt: skip
