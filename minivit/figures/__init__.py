"""Drawings, as PNG files: where a model looks, how a training went, what a lesson shows."""

from minivit.figures.attention import attention_picture
from minivit.figures.curve import can_draw, training_curve
from minivit.figures.lesson import keep_picture

__all__ = ["attention_picture", "can_draw", "keep_picture", "training_curve"]
