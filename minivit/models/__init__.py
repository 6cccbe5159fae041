"""Models: compose ops; parameters, then forward, then backward in mirror order.

vit.py and block.py are the mathematics, model.py is what a user holds; trace.py and counting.py
look at a run of any model.
"""

from minivit.models.config import ViTConfig
from minivit.models.facts import parameter_count, parameter_shapes, trace_names
from minivit.models.model import ViT
from minivit.models.trace import Trace
from minivit.models.variants import as_config, shrunk, variant

__all__ = [
    "Trace",
    "ViT",
    "ViTConfig",
    "as_config",
    "parameter_count",
    "parameter_shapes",
    "shrunk",
    "trace_names",
    "variant",
]
