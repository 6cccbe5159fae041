"""timm's layout (timm/models/vision_transformer.py), in a safetensors file.

Matrices are (out, in), PyTorch's way, so that each is our transpose. The patches' kernel is that of
a convolution, out x in x height x width. Queries, keys and values are one matrix, as ours.
A config.json beside the weights tells what their shapes don't: heads, pooling, image, pixels.
"""

from minivit.checkpoints.foreign.arrays import Arrays, with_zero_row
from minivit.checkpoints.foreign.beside import part, sides_of, whole
from minivit.checkpoints.foreign.family import Asked, Family, Known
from minivit.checkpoints.foreign.imagenet import names_if_imagenet
from minivit.checkpoints.foreign.pictures import from_timm
from minivit.checkpoints.foreign.sizes import depth_of, heads_of, image_and_cls_row, letters
from minivit.checkpoints.foreign.table import Row
from minivit.errors import InputError
from minivit.models import ViTConfig

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
POOLS = {"token": "cls", "avg": "mean"}  # theirs and ours
GELUS = {"gelu": "erf", "gelu_tanh": "tanh"}
CAN = {
    "pool": ("cls", "mean"),
    "norm_after_pool": None,
    "qkv_bias": None,
    "gelu": ("erf", "tanh"),
    "eps": (1e-6,),
}


def today(arrays: Arrays) -> Arrays:
    return arrays


def fits(keys) -> bool:
    return {"patch_embed.proj.weight", "blocks.0.attn.qkv.weight"} <= set(keys)


def known(arrays: Arrays, beside: dict, asked: Asked) -> Known:
    """The configuration that the shapes and a config.json tell."""
    if "dist_token" in arrays:
        raise InputError("it is a DeiT with distillation (dist_token): minivit has one cls token")
    told, about = beside.get("config.json", {}), "config.json"
    given, use = part(told, "model_args", dict, about), part(told, "pretrained_cfg", dict, about)
    n = letters(arrays, "patch_embed.proj.weight", "D c y x")
    n |= letters(arrays, "blocks.0.mlp.fc1.weight", "M D")
    n |= letters(arrays, "head.weight", "C R") if "head.weight" in arrays else {"C": 1}
    rows = letters(arrays, "pos_embed", "1 T D")["T"]
    has_cls, patch = "cls_token" in arrays, (n["y"], n["x"])
    image = sides_of(given.get("img_size"), about)
    image, cls_row = image_and_cls_row(rows, patch, has_cls, image)
    if has_cls and not cls_row:  # no_embed_class
        arrays = arrays | {"pos_embed": with_zero_row(arrays["pos_embed"])}
    heads = heads_of(n["D"], asked.heads, whole(given, "num_heads", about))
    pool, after = pool_of(arrays, told, asked), "fc_norm.weight" in arrays
    gelu = given.get("act_layer", "gelu")
    if gelu not in tuple(GELUS):
        raise InputError(f"config.json asks for {gelu!r:.40}: minivit has {' and '.join(GELUS)}")
    config = ViTConfig(
        image=image, channels=n["c"], patch=patch, width=n["D"], mlp=n["M"], heads=heads,
        classes=n["C"], depth=depth_of(arrays, r"blocks\.(\d+)\."), pool=pool, cls_token=has_cls,
        norm_after_pool=after, qkv_bias="blocks.0.attn.qkv.bias" in arrays, gelu=GELUS[gelu],
        eps=1e-6,
    )  # fmt: skip
    names = part(use, "label_names", list, about) or names_if_imagenet(n["C"])
    return Known(config, arrays, from_timm(use), names)


def pool_of(arrays: Arrays, told: dict, asked: Asked) -> str:
    """What the head reads: fc_norm and a missing cls token tell; else config.json or the user."""
    if "fc_norm.weight" in arrays or "cls_token" not in arrays:
        pool = "mean"
    else:
        theirs = part(told, "global_pool", str, "config.json") or "token"
        if theirs not in POOLS:
            raise InputError(f"config.json asks for pooling {theirs!r:.40}: minivit reads "
                             f"{' and '.join(POOLS)}")  # fmt: skip
        if asked.pool not in (None, *CAN["pool"]):
            raise InputError(f"pool is {asked.pool}: this layout has {' and '.join(CAN['pool'])}")
        return asked.pool or POOLS[theirs]
    if asked.pool not in (None, pool):
        raise InputError(f"pool is {asked.pool}, and the file's arrays are those of {pool}")
    return pool


def refusals(c: ViTConfig) -> list[str]:
    if int(c.width * (c.mlp / c.width)) != c.mlp:
        return [f"mlp is {c.mlp}, and it tells only the ratio to the width {c.width}"]
    return []


TIMM = Family("timm", "timm's", TABLE, ("head.weight", "head.bias"), fits, today, known, CAN,
              refusals, "patch_embed.proj.weight and blocks.0.attn.qkv.weight")  # fmt: skip
