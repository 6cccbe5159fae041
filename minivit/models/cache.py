"""What a forward keeps for the backward."""

from types import ModuleType
from typing import NamedTuple

# Stands in a cache for LayerNorm's output, which is made again rather than kept.
NORM_OUTPUT = "the output of the LayerNorm before"


class ViTCache(NamedTuple):
    ops: ModuleType  # the backend that made these caches
    # The cache of each op by its place, as in the parameters' names: "blocks.0.mlp". Those of
    # attention and MLP are without their input until `ViT.whole_cache` puts it in again.
    of: dict


def swapped(cache, old, new):
    """A cache (named tuples within named tuples) with `new` in the place of `old`."""
    if cache is old:
        return new
    if hasattr(cache, "_fields"):
        return type(cache)(*(swapped(part, old, new) for part in cache))
    return cache
