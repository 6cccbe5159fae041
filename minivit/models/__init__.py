"""Models: compose ops; forward, then backward in mirror order."""

from minivit.models.config import ViTConfig, parameter_count, parameter_shapes, variant
from minivit.models.load import load
from minivit.models.trace import Trace, trace_names
from minivit.models.vit import ViT

__all__ = [
    "Trace",
    "ViT",
    "ViTConfig",
    "load",
    "parameter_count",
    "parameter_shapes",
    "trace_names",
    "variant",
]
