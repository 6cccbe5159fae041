"""Models in files: model.py saves and loads them, format.py is the format (safetensors, and JSON in
its header), tensors.py reads safetensors, header.py checks the JSON.
"""

from minivit.checkpoints.format import (
    CHECKPOINT,
    checkpoint_path,
    open_checkpoint,
    read_checkpoint,
    read_header,
    write_checkpoint,
)
from minivit.checkpoints.model import build, fill, header_of, load, load_config, save

__all__ = [
    "CHECKPOINT",
    "build",
    "checkpoint_path",
    "fill",
    "header_of",
    "load",
    "load_config",
    "open_checkpoint",
    "read_checkpoint",
    "read_header",
    "save",
    "write_checkpoint",
]
