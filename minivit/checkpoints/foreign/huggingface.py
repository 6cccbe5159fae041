"""Hugging Face's layout (transformers, models/vit), in a safetensors file.

Matrices are (out, in), PyTorch's way; queries, keys and values are three. The keys are those on the
disk: transformers 5 has other names in memory, and writes these. A ViTModel's file lacks the prefix
"vit." and the classifier, and has a pooler: our pre-logits.
"""

from minivit.checkpoints.foreign.arrays import Arrays
from minivit.checkpoints.foreign.beside import number, part, sides_of, whole
from minivit.checkpoints.foreign.family import Asked, Family, Known
from minivit.checkpoints.foreign.imagenet import names_if_imagenet
from minivit.checkpoints.foreign.pictures import from_huggingface
from minivit.checkpoints.foreign.sizes import depth_of, heads_of, image_and_cls_row, letters
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
GELUS = {"gelu": "erf", "gelu_pytorch_tanh": "tanh", "gelu_new": "tanh"}
CAN = {"qkv_bias": None, "gelu": ("erf", "tanh"), "eps": None}


def today(arrays: Arrays) -> Arrays:
    """A ViTModel's arrays under the names that they have inside a classifier."""
    if f"{PATCHES}.weight".removeprefix("vit.") not in arrays:
        return arrays
    return {f"vit.{key}": array for key, array in arrays.items()}


def fits(keys) -> bool:
    return any(key.endswith("embeddings.patch_embeddings.projection.weight") for key in keys)


def known(arrays: Arrays, beside: dict, asked: Asked) -> Known:
    """The configuration that the shapes and a config.json tell."""
    for key in arrays:
        if key.startswith("deit.") or "distillation_token" in key:
            raise InputError(f"it is a DeiT with distillation ({key:.60}): minivit has one cls "
                             "token")  # fmt: skip
    if asked.pool not in (None, "cls"):
        raise InputError(f"pool is {asked.pool}: in this layout the head reads the cls token")
    told, about = beside.get("config.json", {}), "config.json"
    n = letters(arrays, f"{PATCHES}.weight", "D c y x")
    n |= letters(arrays, f"{LAYER}.intermediate.dense.weight".format(i=0), "M D")
    n |= letters(arrays, "classifier.weight", "C R") if "classifier.weight" in arrays else {"C": 1}
    rows, patch = letters(arrays, f"{EMBEDDINGS}.position_embeddings", "1 T D")["T"], (
        n["y"], n["x"])  # fmt: skip
    image, _ = image_and_cls_row(rows, patch, True, sides_of(told.get("image_size"), about))
    gelu = part(told, "hidden_act", str, about) or "gelu"
    if gelu not in GELUS:
        raise InputError(f"config.json asks for {gelu!r:.40}: minivit has {' and '.join(GELUS)}")
    pooler = "vit.pooler.dense.weight"
    config = ViTConfig(
        image=image, channels=n["c"], patch=patch, width=n["D"], mlp=n["M"], classes=n["C"],
        heads=heads_of(n["D"], asked.heads, whole(told, "num_attention_heads", about)),
        depth=depth_of(arrays, r"vit\.encoder\.layer\.(\d+)\."), gelu=GELUS[gelu],
        qkv_bias=f"{ATTENTION}.query.bias".format(i=0) in arrays,
        eps=number(told, "layer_norm_eps", about) or 1e-12,
        pre_logits=letters(arrays, pooler, "R D")["R"] if pooler in arrays else None,
    )  # fmt: skip
    use = beside.get("preprocessor_config.json", {})
    return Known(config, arrays, from_huggingface(use), names_of(told, n["C"]))


def names_of(told: dict, classes: int) -> list[str] | None:
    """The class names in a config.json, unless they are only numbered."""
    names = part(told, "id2label", dict, "config.json")
    if set(names) == {str(i) for i in range(classes)}:
        found = [str(names[str(i)]) for i in range(classes)]
        if found != [f"LABEL_{i}" for i in range(classes)]:
            return found
    return names_if_imagenet(classes)


def refusals(c: ViTConfig) -> list[str]:
    return [] if c.has_cls else ["cls token is no, and its model has one"]


HUGGING_FACE = Family(
    "hf", "Hugging Face's", TABLE, ("classifier.weight", "classifier.bias"), fits, today, known,
    CAN, refusals, "vit.embeddings.patch_embeddings.projection.weight",
)  # fmt: skip
