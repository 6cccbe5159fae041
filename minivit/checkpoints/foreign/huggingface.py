"""Hugging Face's layout (transformers, models/vit), in a safetensors file.

Matrices are (out, in), PyTorch's way; queries, keys and values are three. The keys are those on the
disk: transformers 5 has other names in memory, and writes these. A ViTModel's file lacks the prefix
"vit." and the classifier, and has a pooler: our pre-logits.
"""

import re
from collections.abc import Iterable

from minivit.checkpoints.foreign.arrays import Arrays, renamed
from minivit.checkpoints.foreign.beside import (
    CONFIG,
    PREPROCESSOR,
    WEIGHTS,
    number,
    sides_of,
    whole,
)
from minivit.checkpoints.foreign.family import Asked, Family, Known
from minivit.checkpoints.foreign.huggingface_config import (
    check_config,
    described,
    gelu_of,
    names_of,
    unsaid,
)
from minivit.checkpoints.foreign.imagenet import IMAGENET
from minivit.checkpoints.foreign.pictures import USUAL, from_huggingface
from minivit.checkpoints.foreign.sizes import (
    SQUARE,
    classes_of,
    depth_of,
    heads_of,
    image_and_cls_row,
    letters,
    settled,
    usual_heads,
)
from minivit.checkpoints.foreign.table import Row
from minivit.errors import InputError
from minivit.models import ViTConfig

EMBEDDINGS, LAYER = "vit.embeddings", "vit.encoder.layer.{i}"
ATTENTION = f"{LAYER}.attention.attention"
PATCHES = f"{EMBEDDINGS}.patch_embeddings.projection"

TABLE = (
    Row("embed.w", f"{PATCHES}.weight", "(y x c) D -> D c y x"),
    Row("embed.b", f"{PATCHES}.bias", "D -> D"),
    Row("embed.cls", f"{EMBEDDINGS}.cls_token", "D -> 1 1 D"),
    Row("embed.positions", f"{EMBEDDINGS}.position_embeddings", "T D -> 1 T D"),
    Row("blocks.{i}.attention.gamma", f"{LAYER}.layernorm_before.weight", "D -> D"),
    Row("blocks.{i}.attention.beta", f"{LAYER}.layernorm_before.bias", "D -> D"),
    Row("blocks.{i}.attention.w_qkv[0]", f"{ATTENTION}.query.weight", "D (H K) -> (H K) D"),
    Row("blocks.{i}.attention.w_qkv[1]", f"{ATTENTION}.key.weight", "D (H K) -> (H K) D"),
    Row("blocks.{i}.attention.w_qkv[2]", f"{ATTENTION}.value.weight", "D (H K) -> (H K) D"),
    Row("blocks.{i}.attention.b_qkv[0]", f"{ATTENTION}.query.bias", "(H K) -> (H K)"),
    Row("blocks.{i}.attention.b_qkv[1]", f"{ATTENTION}.key.bias", "(H K) -> (H K)"),
    Row("blocks.{i}.attention.b_qkv[2]", f"{ATTENTION}.value.bias", "(H K) -> (H K)"),
    Row("blocks.{i}.attention.w_out", f"{LAYER}.attention.output.dense.weight",
        "(H K) D -> D (H K)"),
    Row("blocks.{i}.attention.b_out", f"{LAYER}.attention.output.dense.bias", "D -> D"),
    Row("blocks.{i}.mlp.gamma", f"{LAYER}.layernorm_after.weight", "D -> D"),
    Row("blocks.{i}.mlp.beta", f"{LAYER}.layernorm_after.bias", "D -> D"),
    Row("blocks.{i}.mlp.w1", f"{LAYER}.intermediate.dense.weight", "D M -> M D"),
    Row("blocks.{i}.mlp.b1", f"{LAYER}.intermediate.dense.bias", "M -> M"),
    Row("blocks.{i}.mlp.w2", f"{LAYER}.output.dense.weight", "M D -> D M"),
    Row("blocks.{i}.mlp.b2", f"{LAYER}.output.dense.bias", "D -> D"),
    Row("norm.gamma", "vit.layernorm.weight", "D -> D"),
    Row("norm.beta", "vit.layernorm.bias", "D -> D"),
    Row("pre_logits.w", "vit.pooler.dense.weight", "D R -> R D"),
    Row("pre_logits.b", "vit.pooler.dense.bias", "R -> R"),
    Row("head.w", "classifier.weight", "R C -> C R"),
    Row("head.b", "classifier.bias", "C -> C"),
)  # fmt: skip
HEAD = ("classifier.weight", "classifier.bias")
DISTILLATION = f"{EMBEDDINGS}.distillation_token"
POOLER = "vit.pooler.dense.weight"
# What a file of this layout has: DINOv2's has the first two, BEiT's and I-JEPA's have the last.
LOOKED_FOR = (f"{PATCHES}.weight", f"{EMBEDDINGS}.cls_token",
              f"{LAYER}.layernorm_before.weight".format(i=0))  # fmt: skip
CAN = {"qkv_bias": None, "gelu": ("erf", "tanh"), "eps": None}


def today(arrays: Arrays) -> Arrays:
    """The arrays of a DeiT, and of a ViTModel, under the names that they have in a ViT classifier.

    A file of another family keeps its names.
    """
    if f"{PATCHES}.weight".removeprefix("vit.") in arrays:
        return {f"vit.{key}": array for key, array in arrays.items()}
    return renamed((re.sub(r"^deit\.", "vit.", key), array) for key, array in arrays.items())


def fits(keys: Iterable[str]) -> bool:
    """Whether a file with these keys has this layout."""
    return set(LOOKED_FOR) <= set(keys)


def known(arrays: Arrays, beside: dict, asked: Asked) -> Known:
    """The configuration that the shapes and a config.json tell."""
    if DISTILLATION in arrays:
        raise InputError("it is a DeiT with distillation (distillation_token): minivit has one cls "
                         "token")  # fmt: skip
    settled("pool", asked.pool, "cls", "this layout")
    told, found = beside.get(CONFIG, {}), told_by_shapes(arrays)
    classes, has_head = classes_of(arrays, HEAD, "C R"), any(key in arrays for key in HEAD)
    check_config(told, found, classes if has_head else None)
    width, patch, sides = (
        found["hidden_size"], found["patch_size"], sides_of(told.get("image_size"), CONFIG)
    )  # fmt: skip
    rows = letters(arrays, f"{EMBEDDINGS}.position_embeddings", "1 T D")["T"]
    image, _ = image_and_cls_row(rows, patch, True, sides)
    heads = whole(told, "num_attention_heads", CONFIG)
    eps = number(told, "layer_norm_eps", CONFIG)
    config = ViTConfig(
        image=image, channels=found["num_channels"], patch=patch, width=width,
        mlp=found["intermediate_size"], classes=classes, depth=found["num_hidden_layers"],
        heads=heads_of(width, asked.heads, heads),
        qkv_bias=found["qkv_bias"], gelu=gelu_of(told), eps=1e-12 if eps is None else eps,
        pre_logits=found.get("pooler_output_size"),
    )  # fmt: skip
    names, are_imagenet = names_of(told, classes)
    assumed = {} if sides else {"image": SQUARE}
    assumed |= {} if heads or asked.heads else {"heads": usual_heads(width)}
    assumed |= {"class names": IMAGENET} if are_imagenet else {}
    assumed |= {} if beside.get(PREPROCESSOR) else {"pixels": USUAL}
    pictures = from_huggingface(beside.get(PREPROCESSOR, {}), image)
    return Known(config, arrays, pictures, names, assumed)


def told_by_shapes(arrays: Arrays) -> dict:
    """What the arrays tell of a model, by the names of config.json."""
    n = letters(arrays, f"{PATCHES}.weight", "D c y x")
    intermediate = f"{LAYER}.intermediate.dense.weight".format(i=0)
    pooler = {"pooler_output_size": letters(arrays, POOLER, "R D")["R"]} if POOLER in arrays else {}
    return pooler | {
        "hidden_size": n["D"], "patch_size": (n["y"], n["x"]), "num_channels": n["c"],
        "num_hidden_layers": depth_of(arrays, r"vit\.encoder\.layer\.(\d+)\."),
        "intermediate_size": letters(arrays, intermediate, "M D")["M"],
        "qkv_bias": f"{ATTENTION}.query.bias".format(i=0) in arrays,
    }  # fmt: skip


def refusals(c: ViTConfig) -> list[str]:
    """What it can't express beyond what CAN tells."""
    return [] if c.has_cls else ["cls token is no, and its model has one"]


HUGGING_FACE = Family(
    name="hf", title="Hugging Face's", table=TABLE, head=HEAD, fits=fits,
    looked_for=", ".join(LOOKED_FOR), today=today, known=known, can=CAN, refusals=refusals,
    file=WEIGHTS, described=described, unsaid=unsaid,
)  # fmt: skip
