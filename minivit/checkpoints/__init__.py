"""Models in files: model.py saves and loads them, format.py is the format (safetensors, and JSON in
its header), tensors.py reads safetensors, header.py checks the JSON.

What is to go on with other classes or larger images is made by adapting.py; resizing.py takes its
positions to the new grid.
"""

from minivit.checkpoints.adapting import adapted
from minivit.checkpoints.format import (
    CHECKPOINT,
    checkpoint_path,
    open_checkpoint,
    read_checkpoint,
    read_header,
    write_checkpoint,
)
from minivit.checkpoints.model import build, fill, header_of, load, load_config, save
from minivit.checkpoints.resizing import METHODS, resize_positions

__all__ = [
    "CHECKPOINT",
    "METHODS",
    "adapted",
    "build",
    "checkpoint_path",
    "fill",
    "header_of",
    "load",
    "load_config",
    "open_checkpoint",
    "read_checkpoint",
    "read_header",
    "resize_positions",
    "save",
    "write_checkpoint",
]
