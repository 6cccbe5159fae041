"""minivit: a Vision Transformer from scratch, every forward and backward pass written by hand.

The public names below are imported on first use. That keeps `import minivit` free of NumPy, so
that the command line can set the thread count of NumPy's BLAS before NumPy is loaded.
"""

import importlib

from minivit.errors import InputError

__version__ = "0.1.0"

_HOMES = {
    "ResNet": "minivit.models",
    "ResNetConfig": "minivit.models",
    "Trace": "minivit.models",
    "TrainingConfig": "minivit.training",
    "ViT": "minivit.models",
    "ViTConfig": "minivit.models",
    "adapted": "minivit.checkpoints",
    "check_model": "minivit.checking",
    "export": "minivit.checkpoints",
    "fetch": "minivit.checkpoints",
    "finetune": "minivit.training",
    "gradcheck": "minivit.checking",
    "load": "minivit.checkpoints",
    "load_dataset": "minivit.data",
    "load_recipe": "minivit.training",
    "parameter_count": "minivit.models",
    "probe": "minivit.training",
    "resize_positions": "minivit.checkpoints",
    "save": "minivit.checkpoints",
    "trace_names": "minivit.models",
    "train": "minivit.training",
    "use": "minivit.backend",
    "variant": "minivit.models",
}

__all__ = ["InputError", *_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'minivit' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
