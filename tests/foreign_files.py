"""Small models in the files of other people's layouts."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from minivit import ViT, ViTConfig
from minivit.checkpoints.foreign.layouts import FAMILIES
from minivit.checkpoints.foreign.table import written

SMALL = {"image": (6, 6), "channels": 3, "patch": (2, 2), "width": 8, "depth": 2, "heads": 2,
         "mlp": 12, "classes": 3}  # fmt: skip
IMAGES = np.random.default_rng(0).uniform(-1, 1, (2, 6, 6, 3)).astype(np.float32)
PREPROCESSOR = "preprocessor_config.json"
MEAN = {"pool": "mean", "norm_after_pool": True, "cls_token": True, "gelu": "erf"}


def drawn(**changes) -> ViT:
    """A small model in which no parameter is 0, as it could be in Google's layout."""
    model = ViT(ViTConfig(**({"gelu": "tanh"} | SMALL | changes)))
    rng = np.random.default_rng(1)
    model.parameters.flat[:] = 0.3 * rng.standard_normal(model.layout.size)
    return model


def arrays_of(model: ViT, layout: str) -> dict[str, np.ndarray]:
    family = FAMILIES[layout]
    return written(family.rows(model.config), model.config, model.parameters)


def folder_of(
    folder: Path, arrays: dict[str, np.ndarray], config=None, preprocessor=None
) -> Path:  # fmt: skip
    """A folder with weights, and the JSON files that are given."""
    folder.mkdir(exist_ok=True)
    save_file(arrays, folder / "model.safetensors")
    for name, values in (("config.json", config), (PREPROCESSOR, preprocessor)):
        if values is not None:
            (folder / name).write_text(json.dumps(values))
    return folder


def timm_folder(folder, model, args=(), use=None, **root):
    """A folder of timm's: `args` into model_args, `use` into pretrained_cfg."""
    config = {"model_args": {"num_heads": 2} | dict(args)} | root
    config |= {} if use is None else {"pretrained_cfg": use}
    return folder_of(folder, arrays_of(model, "timm"), config)


def hugging_face_folder(folder, model, preprocessor=None, **config):
    return folder_of(
        folder, arrays_of(model, "hf"), {"num_attention_heads": 2} | config, preprocessor
    )
