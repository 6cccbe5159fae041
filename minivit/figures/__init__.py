"""Drawings, as PNG files: where a model looks, how a training went, what a lesson shows."""

from minivit.figures.attention import attention_picture
from minivit.figures.curve import training_curve
from minivit.figures.lesson import keep_picture
from minivit.figures.runs import Run, is_ours, runs_picture
from minivit.figures.saving import can_draw

__all__ = [
    "Run",
    "attention_picture",
    "can_draw",
    "is_ours",
    "keep_picture",
    "runs_picture",
    "training_curve",
]
