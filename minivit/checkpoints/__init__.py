"""Models in files: model.py saves and loads them, filling.py copies their arrays by name, format.py
is the format (safetensors, and JSON in its header), tensors.py reads safetensors, header.py checks
the JSON. opening.py opens a checkpoint of any layout, and foreign/ has the layouts of others;
fetching.py fetches one.

What is to go on with other classes or larger images is made by adapting.py; resizing.py takes its
positions to the new grid.
"""

from minivit.checkpoints.adapting import adapted
from minivit.checkpoints.fetching import fetch
from minivit.checkpoints.filling import fill
from minivit.checkpoints.foreign.family import Asked
from minivit.checkpoints.foreign.writing import export
from minivit.checkpoints.format import (
    CHECKPOINT,
    checkpoint_path,
    open_checkpoint,
    read_checkpoint,
    read_header,
    write_checkpoint,
)
from minivit.checkpoints.model import arrays_of, build, header_of, load, load_config, save
from minivit.checkpoints.opening import open_any
from minivit.checkpoints.resizing import METHODS, resize_positions

__all__ = [
    "CHECKPOINT",
    "METHODS",
    "Asked",
    "adapted",
    "arrays_of",
    "build",
    "checkpoint_path",
    "export",
    "fetch",
    "fill",
    "header_of",
    "load",
    "load_config",
    "open_any",
    "open_checkpoint",
    "read_checkpoint",
    "read_header",
    "resize_positions",
    "save",
    "write_checkpoint",
]
