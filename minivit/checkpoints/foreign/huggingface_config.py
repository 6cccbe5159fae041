"""Hugging Face's config.json: what it tells of a model, and how it is written."""

from collections.abc import Mapping

from minivit.checkpoints.foreign.beside import check_told, part
from minivit.checkpoints.foreign.imagenet import names_if_imagenet
from minivit.errors import InputError

ABOUT = "config.json"
MODELS = ("vit", "deit")  # without distillation, DeiT is a ViT
GELUS = {"gelu": "erf", "gelu_pytorch_tanh": "tanh", "gelu_new": "tanh"}  # theirs and ours


def check_config(told: dict, found: Mapping[str, object], classes: int | None) -> None:
    """InputError where a config.json contradicts what the arrays tell, and for another model.

    `found`: that, by its own names; `classes`: None for a model without a head.
    """
    model = told.get("model_type")
    if model not in (None, *MODELS):
        raise InputError(
            f"{ABOUT} says that it is a {model!r:.40}: minivit reads {' and '.join(MODELS)}"
        )
    if told.get("pooler_act", "tanh") != "tanh" and "pooler_output_size" in found:
        raise InputError(f"{ABOUT} has the pooler_act {told['pooler_act']!r:.40}: minivit has tanh")
    check_told(told, found, ABOUT)
    names = part(told, "id2label", dict, ABOUT)
    if classes and names and set(names) != {str(i) for i in range(classes)}:
        raise InputError(f"{ABOUT} names {len(names)} classes, and the arrays have {classes}: "
                         "mend it, or remove it")  # fmt: skip


def gelu_of(told: dict) -> str:
    """Which GELU, by our name; InputError for another activation."""
    theirs = told.get("hidden_act", "gelu")
    if theirs not in tuple(GELUS):
        raise InputError(f"{ABOUT} asks for {theirs!r:.40}: minivit has {' and '.join(GELUS)}")
    return GELUS[theirs]


def names_of(told: dict, classes: int) -> tuple[list[str] | None, bool]:
    """The class names, unless they are only numbered, and whether ImageNet's are assumed."""
    names = part(told, "id2label", dict, ABOUT)
    if set(names) == {str(i) for i in range(classes)}:
        found = [str(names[str(i)]) for i in range(classes)]
        if found != [f"LABEL_{i}" for i in range(classes)]:
            return found, False
    names = names_if_imagenet(classes)
    return names, names is not None
