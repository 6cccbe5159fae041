"""Google's layout: the arrays of its Flax model, in an .npz file under paths such as
"Transformer/encoderblock_0/LayerNorm_0/scale" (google-research/vision_transformer, models_vit.py).

Kernels are (in, out), as ours. The patches' kernel is that of a convolution, height x width x in x
out, and the heads have an axis of their own.

Several spellings are on the disks of the world. The table has the one of the released files, with
the suffixes of the old Flax; `today` brings these to it:

    opt/target/...                              the prefix of a training state
    LayerNorm_1, MlpBlock_0, ...                the suffixes of today's Flax (Linen)
    params/..., params/img/..., pos_embedding   big_vision's
    Transformer/encoderblock/...                big_vision's, all blocks stacked in one array
"""

import re
from collections.abc import Iterable

import numpy as np

from minivit.checkpoints.foreign.arrays import Arrays, Made, renamed, with_zero_row
from minivit.checkpoints.foreign.family import Asked, Family, Known
from minivit.checkpoints.foreign.google_hybrid import (
    backbone_of,
    backbone_rows,
    flat_norms,
    pixels_of_a_place,
)
from minivit.checkpoints.foreign.imagenet import IMAGENET, names_if_imagenet
from minivit.checkpoints.foreign.pictures import SQUASHED
from minivit.checkpoints.foreign.sizes import (
    SQUARE,
    classes_of,
    depth_of,
    image_and_cls_row,
    letters,
    settled,
)
from minivit.checkpoints.foreign.table import Row
from minivit.checkpoints.tensors import Tensor
from minivit.models import ViT, ViTConfig
from minivit.models.class_names import class_names

BLOCK = "Transformer/encoderblock_{i}"
ATTENTION, MLP = f"{BLOCK}/MultiHeadDotProductAttention_1", f"{BLOCK}/MlpBlock_3"
POSITIONS = "Transformer/posembed_input/pos_embedding"

TABLE = (
    Row("embed.w", "embedding/kernel", "(y x c) D -> y x c D"),
    Row("embed.b", "embedding/bias", "D -> D"),
    Row("embed.cls", "cls", "D -> 1 1 D"),
    Row("embed.positions", POSITIONS, "T D -> 1 T D"),
    Row("blocks.{i}.attention.gamma", f"{BLOCK}/LayerNorm_0/scale", "D -> D"),
    Row("blocks.{i}.attention.beta", f"{BLOCK}/LayerNorm_0/bias", "D -> D"),
    Row("blocks.{i}.attention.w_qkv[0]", f"{ATTENTION}/query/kernel", "D (H K) -> D H K"),
    Row("blocks.{i}.attention.w_qkv[1]", f"{ATTENTION}/key/kernel", "D (H K) -> D H K"),
    Row("blocks.{i}.attention.w_qkv[2]", f"{ATTENTION}/value/kernel", "D (H K) -> D H K"),
    Row("blocks.{i}.attention.b_qkv[0]", f"{ATTENTION}/query/bias", "(H K) -> H K"),
    Row("blocks.{i}.attention.b_qkv[1]", f"{ATTENTION}/key/bias", "(H K) -> H K"),
    Row("blocks.{i}.attention.b_qkv[2]", f"{ATTENTION}/value/bias", "(H K) -> H K"),
    Row("blocks.{i}.attention.w_out", f"{ATTENTION}/out/kernel", "(H K) D -> H K D"),
    Row("blocks.{i}.attention.b_out", f"{ATTENTION}/out/bias", "D -> D"),
    Row("blocks.{i}.mlp.gamma", f"{BLOCK}/LayerNorm_2/scale", "D -> D"),
    Row("blocks.{i}.mlp.beta", f"{BLOCK}/LayerNorm_2/bias", "D -> D"),
    Row("blocks.{i}.mlp.w1", f"{MLP}/Dense_0/kernel", "D M -> D M"),
    Row("blocks.{i}.mlp.b1", f"{MLP}/Dense_0/bias", "M -> M"),
    Row("blocks.{i}.mlp.w2", f"{MLP}/Dense_1/kernel", "M D -> M D"),
    Row("blocks.{i}.mlp.b2", f"{MLP}/Dense_1/bias", "D -> D"),
    Row("norm.gamma", "Transformer/encoder_norm/scale", "D -> D"),
    Row("norm.beta", "Transformer/encoder_norm/bias", "D -> D"),
    Row("pre_logits.w", "pre_logits/kernel", "D R -> D R"),
    Row("pre_logits.b", "pre_logits/bias", "R -> R"),
    Row("head.w", "head/kernel", "R C -> R C"),
    Row("head.b", "head/bias", "C -> C"),
)
HEAD = ("head/kernel", "head/bias")
PREFIXES = ("opt/target/", "params/img/", "params/")
LINEN = {"LayerNorm_1": "LayerNorm_2", "MlpBlock_0": "MlpBlock_3",
         "MultiHeadDotProductAttention_0": "MultiHeadDotProductAttention_1"}  # fmt: skip
MOST_BLOCKS = 1000  # stacked in one array
CAN = {  # what a model may be; Google's code has a cls token where the head reads it
    "pool": ("cls", "mean"),
    "gelu": ("tanh",),
    "eps": (1e-6,),
    "pre_logits": None,
    "root": None,  # with 32 groups, a stride of 2 and max-pooling, as by default
    "root_side": None,
    "stages": None,
}


def today(arrays: Arrays) -> Arrays:
    """The arrays under the names of the table."""
    prefix = next((p for p in PREFIXES if any(key.startswith(p) for key in arrays)), "")
    return flat_norms(
        renamed(
            pair
            for key, array in arrays.items()
            if key.startswith(prefix)
            for pair in arrays_in(key.removeprefix(prefix), array)
        )
    )


def arrays_in(name: str, array) -> Iterable[tuple[str, Tensor | Made]]:
    """An array under its name of the table; of all blocks in one, each block's."""
    if name.startswith("Transformer/encoderblock/"):
        return layers(name, array).items()
    return [(POSITIONS if name == "pos_embedding" else linen(name), array)]


def linen(name: str) -> str:
    """A name with the suffixes of the table."""
    return re.sub("|".join(LINEN), lambda suffix: LINEN[suffix[0]], name)


def layers(name: str, array) -> Arrays:
    """The blocks' arrays in one that stacks them along its first axis; it is read once."""
    if not array.shape or array.shape[0] > MOST_BLOCKS:
        return {name: array}
    whole: list[np.ndarray] = []

    def layer(i: int) -> np.ndarray:
        if not whole:
            whole.append(np.asarray(array))
        return whole[0][i]

    return {
        linen(name.replace("encoderblock/", f"encoderblock_{i}/", 1)): Made(
            array.shape[1:], array.dtype, lambda i=i: layer(i)
        )
        for i in range(array.shape[0])
    }


def fits(keys: Iterable[str]) -> bool:
    """Whether a file with these keys has this layout."""
    keys = set(keys)
    return "embedding/kernel" in keys and any(key.startswith("Transformer/") for key in keys)


def known(arrays: Arrays, beside: dict, asked: Asked) -> Known:
    """The configuration that the shapes tell."""
    settled("pool", asked.pool, "cls" if "cls" in arrays else "mean", "the array cls, or its lack,")
    n = letters(arrays, "embedding/kernel", "y x c D")
    n |= letters(arrays, f"{ATTENTION}/query/kernel".format(i=0), "D H K")
    settled("heads", asked.heads, n["H"], "the shape of its arrays")
    n |= letters(arrays, f"{MLP}/Dense_0/kernel".format(i=0), "D M")
    n["C"] = classes_of(arrays, HEAD, "R C")
    rows = letters(arrays, POSITIONS, "1 T D")["T"]
    has_cls, patch = "cls" in arrays, (n["y"], n["x"])
    backbone = backbone_of(arrays)
    pixels = pixels_of_a_place(backbone) if backbone else 1
    image, cls_row = image_and_cls_row(rows, tuple(pixels * side for side in patch), has_cls, None)
    if has_cls and not cls_row:
        arrays = arrays | {POSITIONS: with_zero_row(arrays[POSITIONS])}
    config = ViTConfig(
        **{"channels": n["c"]} | backbone, image=image, patch=patch, width=n["D"], mlp=n["M"],
        heads=n["H"], classes=n["C"],
        head_width=None if n["H"] * n["K"] == n["D"] else n["K"],
        depth=depth_of(arrays, r"Transformer/encoderblock_(\d+)/"),
        pool="cls" if has_cls else "mean", gelu="tanh", eps=1e-6,
        pre_logits=letters(arrays, "pre_logits/kernel", "D R")["R"]
        if "pre_logits/kernel" in arrays else None,
    )  # fmt: skip
    names = names_if_imagenet(n["C"])
    assumed = {"image": SQUARE} | ({"class names": IMAGENET} if names else {})
    return Known(config, arrays, SQUASHED, names, assumed)


def refusals(c: ViTConfig) -> list[str]:
    """What it can't express beyond what CAN tells."""
    problems, (rows, columns) = [], c.grid
    if c.has_cls != (c.pool == "cls"):
        problems.append("cls token is yes, and its code has one only where the head reads it")
    if rows != columns:
        problems.append(f"patches are {rows}x{columns}, and it tells only their number, which is "
                        "read as that of a square")  # fmt: skip
    return problems


def described(model: ViT) -> dict[str, dict]:
    """Nothing stands beside it."""
    return {}


def unsaid(model: ViT) -> str:
    """The names of the classes and the way of a picture, where the model knows them."""
    is_named = model.class_names != class_names(None, model.config.classes)
    known = ["what the classes are called"] * is_named
    known += ["how a picture becomes an input"] * bool(model.preprocessing)
    return f"the .npz file says nothing of {' and of '.join(known)}" if known else ""


GOOGLE = Family(
    name="google", title="Google's", table=TABLE, head=HEAD, fits=fits,
    looked_for="embedding/kernel and Transformer/...", today=today, known=known, can=CAN,
    refusals=refusals, file="weights.npz", described=described, unsaid=unsaid,
    backbone=backbone_rows,
)  # fmt: skip
