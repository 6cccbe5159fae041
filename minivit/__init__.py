"""minivit: a Vision Transformer from scratch, every forward and backward pass written by hand.

The public names below are imported on first use. That keeps `import minivit` free of NumPy, so
that the command line can set the thread count of NumPy's BLAS before NumPy is loaded.
"""

from minivit.errors import InputError
from minivit.on_first_use import on_first_use

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
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
