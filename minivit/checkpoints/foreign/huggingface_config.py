"""Hugging Face's config.json: what it tells of a model, and how it is written."""

from collections.abc import Mapping

from minivit.checkpoints.foreign.beside import (
    CONFIG,
    PREPROCESSOR,
    check_told,
    part,
    side_or_sides,
    word_for,
)
from minivit.checkpoints.foreign.imagenet import names_if_imagenet
from minivit.checkpoints.foreign.pictures import RESAMPLES, mean_and_std
from minivit.errors import InputError
from minivit.models import ViT

MODELS = ("vit", "deit")  # without distillation, DeiT is a ViT
GELUS = {"gelu": "erf", "gelu_pytorch_tanh": "tanh", "gelu_new": "tanh"}  # theirs and ours


def check_config(told: dict, found: Mapping[str, object], classes: int | None) -> None:
    """InputError where a config.json contradicts what the arrays tell, and for another model.

    `found`: that, by its own names; `classes`: None for a model without a head.
    """
    model = told.get("model_type")
    if model not in (None, *MODELS):
        raise InputError(
            f"{CONFIG} says that it is a {model!r:.40}: minivit reads {' and '.join(MODELS)}"
        )
    if told.get("pooler_act", "tanh") != "tanh" and "pooler_output_size" in found:
        raise InputError(
            f"{CONFIG} has the pooler_act {told['pooler_act']!r:.40}: minivit has tanh"
        )
    check_told(told, found, CONFIG)
    names = part(told, "id2label", dict, CONFIG)
    if classes and names and set(names) != {str(i) for i in range(classes)}:
        raise InputError(f"{CONFIG} names {len(names)} classes, and the arrays have {classes}, "
                         f"from 0 to {classes - 1}: mend it, or remove it")  # fmt: skip


def gelu_of(told: dict) -> str:
    """Which GELU, by our name; InputError for another activation."""
    theirs = told.get("hidden_act", "gelu")
    if theirs not in tuple(GELUS):
        raise InputError(f"{CONFIG} asks for {theirs!r:.40}: minivit has {' and '.join(GELUS)}")
    return GELUS[theirs]


def names_of(told: dict, classes: int) -> tuple[list[str] | None, bool]:
    """The class names, unless they are only numbered, and whether ImageNet's are assumed."""
    names = part(told, "id2label", dict, CONFIG)
    if set(names) == {str(i) for i in range(classes)}:
        found = [str(names[str(i)]) for i in range(classes)]
        if found != [f"LABEL_{i}" for i in range(classes)]:
            return found, False
    names = names_if_imagenet(classes)
    return names, names is not None


def described(model: ViT) -> dict[str, dict]:
    """config.json and preprocessor_config.json."""
    c, names = model.config, dict(enumerate(distinct(model.class_names)))
    use = model.preprocessing
    mean, std = mean_and_std(use, c.channels)
    height, width = c.image
    config = {
        "architectures": ["ViTForImageClassification"], "model_type": "vit",
        "hidden_size": c.width, "num_hidden_layers": c.depth, "num_attention_heads": c.heads,
        "intermediate_size": c.mlp, "layer_norm_eps": c.eps, "qkv_bias": c.qkv_bias,
        "hidden_act": word_for(c.gelu, GELUS),
        "image_size": side_or_sides(c.image), "patch_size": side_or_sides(c.patch),
        "num_channels": c.channels, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "id2label": {str(i): name for i, name in names.items()},
        "label2id": {name: i for i, name in names.items()}, "torch_dtype": str(model.dtype),
    }  # fmt: skip
    preparing = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": mean, "image_std": std,
        "size": {"height": height, "width": width},
        "resample": word_for(use.get("interpolation", "bilinear"), RESAMPLES),
    }  # fmt: skip
    return {CONFIG: config, PREPROCESSOR: preparing | cut(use, c.image)}


def cut(use: dict, image: tuple[int, int]) -> dict:
    """What takes the middle out of a squashed picture: DeiT's processor, 224 pixels out of 256."""
    crop = use.get("crop", 1)
    if use.get("resize") != "squash" or crop == 1:
        return {}
    outer, inner = (
        dict(zip(("height", "width"), sides, strict=True))
        for sides in ([round(side / crop) for side in image], image)
    )
    return {
        "image_processor_type": "DeiTImageProcessor", "size": outer, "do_center_crop": True,
        "crop_size": inner,
    }  # fmt: skip


def distinct(names: list[str]) -> list[str]:
    """The names, with their numbers behind those that another class has too.

    label2id finds a class by its name: of two with one name it would lose one.
    """
    found: dict[str, int] = {}
    for i, name in enumerate(names):
        while name in found or (name != names[i] and name in names):
            name = f"{name} ({i})"
        found[name] = i
    return list(found)


def unsaid(model: ViT) -> str:
    """That its image processor takes no part out of a picture, and that names are told apart."""
    use, names, remarks = model.preprocessing, list(model.class_names), []
    if use and use.get("resize") != "squash":
        remarks.append(
            "minivit takes the middle part of a picture, and its image processor squashes it "
            "whole: there, cut pictures first"
        )
    if distinct(names) != names:
        remarks.append("of classes with one name, all but the first have their number behind it")
    return "; ".join(remarks)
