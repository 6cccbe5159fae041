"""Where a forward keeps what its backward needs, or nothing."""

from types import ModuleType
from typing import NamedTuple


class ModelCache(NamedTuple):
    """What a forward keeps for the backward."""

    ops: ModuleType  # the backend that made these caches
    of: dict  # the cache of each op by its place: "blocks.0.mlp"
    shape: tuple  # of the outputs, (B, ...)
    version: int  # of the parameters
    moments: dict  # of the batch, by the places whose running statistics they have moved

    def __repr__(self) -> str:
        return f"the cache of a forward of {self.shape[0]} images: {len(self.of)} places"


class Forgetful(dict):
    """A dict that stores nothing: inference needs no caches."""

    def __setitem__(self, place, cache):
        pass
