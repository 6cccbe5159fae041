"""What turns gradients into steps: Adam, AdamW, schedules, clipping."""

from minivit.optim.adam import Adam
from minivit.optim.clip import clip_scale
from minivit.optim.schedule import warmup_cosine

__all__ = ["Adam", "clip_scale", "warmup_cosine"]
