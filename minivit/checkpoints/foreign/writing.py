"""A model as the files of somebody else's layout, each written beside its place, then renamed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from minivit.checkpoints.foreign.beside import WEIGHTS
from minivit.checkpoints.foreign.family import Family, check_expressible
from minivit.checkpoints.foreign.layouts import FAMILIES
from minivit.checkpoints.foreign.pictures import mean_and_std
from minivit.checkpoints.foreign.table import written
from minivit.errors import InputError
from minivit.files import replacing
from minivit.models import ViT

GOOGLE_FILE = "weights.npz"


def export(model: ViT, layout: str, folder: str | Path) -> list[Path]:
    """Write a model into a new folder in a layout: "hf", "timm" or "google"; the files' paths.

    Raises InputError for another layout, for what the layout can't express, and when the folder
    exists and is not empty: nothing is overwritten. OSError when it can't be written.
    """
    if layout not in FAMILIES:
        raise InputError(f"layout is {layout!r}: choose {' or '.join(FAMILIES)}")
    family, folder = FAMILIES[layout], Path(folder)
    check_expressible(family, model.config)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not empty: choose another folder")
    arrays = written(family.rows(model.config), model.config, model.parameters)
    contents = files(family, model, arrays)
    folder.mkdir(parents=True, exist_ok=True)
    return [write(folder / name, content) for name, content in contents]


def files(family: Family, model: ViT, arrays: dict[str, np.ndarray]):
    """The names of the files and what is in them; the weights come last."""
    if family.name == "google":
        return [(GOOGLE_FILE, lambda path: save_npz(path, arrays))]
    described = {"hf": hugging_face_files, "timm": timm_files}[family.name](model)
    texts = [(name, json.dumps(values, indent=2).encode()) for name, values in described.items()]
    # transformers reads a file only if its metadata say that it was made for PyTorch.
    content = save(arrays, metadata={"format": "pt"})
    return [(name, writing(text)) for name, text in [*texts, (WEIGHTS, content)]]


def writing(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def save_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def write(path: Path, content: Callable[[Path], object]) -> Path:
    with replacing(path) as partial:
        content(partial)
    return path


def hugging_face_files(model: ViT) -> dict[str, dict]:
    """config.json and preprocessor_config.json."""
    c = model.config
    names = dict(enumerate(model.class_names))
    mean, std = mean_and_std(model.preprocessing, c.channels)
    height, width = c.image
    config = {
        "architectures": ["ViTForImageClassification"], "model_type": "vit",
        "hidden_size": c.width, "num_hidden_layers": c.depth, "num_attention_heads": c.heads,
        "intermediate_size": c.mlp, "layer_norm_eps": c.eps, "qkv_bias": c.qkv_bias,
        "hidden_act": {"erf": "gelu", "tanh": "gelu_pytorch_tanh"}[c.gelu],
        "image_size": side_or_sides(c.image), "patch_size": side_or_sides(c.patch),
        "num_channels": c.channels, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "id2label": {str(i): name for i, name in names.items()},
        "label2id": {name: i for i, name in names.items()}, "torch_dtype": str(model.dtype),
    }  # fmt: skip
    bicubic = model.preprocessing.get("interpolation") == "bicubic"
    preparing = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": mean, "image_std": std,
        "size": {"height": height, "width": width}, "resample": 3 if bicubic else 2,
    }  # fmt: skip
    return {"config.json": config, "preprocessor_config.json": preparing}


def timm_files(model: ViT) -> dict[str, dict]:
    """config.json, with which `timm.create_model("local-dir:FOLDER")` makes the model."""
    c, use = model.config, model.preprocessing
    mean, std = mean_and_std(use, c.channels)
    return {"config.json": {
        "architecture": "vit_base_patch16_224", "num_classes": c.classes, "num_features": c.width,
        "global_pool": {"cls": "token", "mean": "avg"}[c.pool],
        "model_args": {
            "img_size": list(c.image), "patch_size": side_or_sides(c.patch),
            "in_chans": c.channels, "embed_dim": c.width, "depth": c.depth, "num_heads": c.heads,
            "mlp_ratio": c.mlp / c.width, "qkv_bias": c.qkv_bias, "class_token": c.has_cls,
            "fc_norm": c.norm_after_pool, "global_pool": {"cls": "token", "mean": "avg"}[c.pool],
            "act_layer": {"erf": "gelu", "tanh": "gelu_tanh"}[c.gelu],
        },
        "pretrained_cfg": {
            "input_size": [c.channels, *c.image], "num_classes": c.classes, "mean": mean,
            "std": std, "interpolation": use.get("interpolation", "bilinear"),
            "crop_pct": use.get("crop", 1.0),
            "crop_mode": "squash" if use.get("resize") == "squash" else "center",
            "first_conv": "patch_embed.proj", "classifier": "head",
            "label_names": list(model.class_names),
        },
    }}  # fmt: skip


def side_or_sides(sides: tuple[int, int]) -> int | list[int]:
    """16 for (16, 16): not all that reads such files knows pairs."""
    return sides[0] if sides[0] == sides[1] else list(sides)
