"""What can be read off a model, as plain arrays; minivit.figures draws them."""

from minivit.inspection.attention import cls_attention

__all__ = ["cls_attention"]
