"""Drawings, as PNG files: where a model looks, and how a training went."""

from minivit.figures.attention import attention_picture
from minivit.figures.curve import can_draw, training_curve
from minivit.figures.folder import picture_folder

__all__ = ["attention_picture", "can_draw", "picture_folder", "training_curve"]
