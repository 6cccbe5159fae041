"""Drawings, as PNG files: where a model looks, and how a training went."""

from minivit.figures.attention import attention_picture
from minivit.figures.curve import can_draw, training_curve
from minivit.figures.folder import picture_folder
from minivit.figures.runs import Run, is_ours, runs_picture

__all__ = [
    "Run",
    "attention_picture",
    "can_draw",
    "is_ours",
    "picture_folder",
    "runs_picture",
    "training_curve",
]
