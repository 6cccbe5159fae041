"""A kind of model as a trace, the costs and a checkpoint see it: a name and five functions."""

from collections.abc import Callable
from typing import NamedTuple


class Architecture(NamedTuple):
    """A kind of model. `p` and `g` are parameters and gradients by place (see minivit.params)."""

    name: str  # in checkpoints
    configuration: type  # the class of its configurations
    parameters: Callable  # (config) -> what it learns, declared place by place
    tokens: Callable  # (ops, p, config, images, caches, chance) -> yields x at every depth
    pooled: Callable  # (ops, p, config, the last x) -> what the head reads of it (B, features)
    forward: Callable  # (ops, p, config, images, caches, chance) -> logits; fills `caches` by place
    backward: Callable  # (ops, g, config, dlogits, caches, want_dimages) -> dimages or None
