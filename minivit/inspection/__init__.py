"""Looking inside a model: attention as plain arrays, and pictures of it."""

from minivit.inspection.attention import cls_attention
from minivit.inspection.attention_picture import attention_picture
from minivit.inspection.pictures import can_draw, training_curve

__all__ = ["attention_picture", "can_draw", "cls_attention", "training_curve"]
