"""A batch that this machine can't hold is refused in a sentence, before memory runs out.

What is counted is what a forward keeps for its backward; without one, what the largest place makes.
Both are less than what is needed (temporaries come on top), so nothing that fits is refused.
"""

from functools import lru_cache

import numpy as np

from minivit import ops as numpy_ops
from minivit.errors import InputError
from minivit.machine import free_memory
from minivit.models.architecture import Architecture
from minivit.models.chance import Chance
from minivit.models.counting import kept_numbers, stages

LOOKED_AT = 1 << 30  # bytes; to ask for the free memory takes a tenth of a millisecond


def check_memory(
    architecture: Architecture, ops, p, config, images: int, *, keep: bool = True, returned: int = 0
) -> None:
    """InputError when a forward of so many images can't fit; `keep`: a backward is to follow.

    `returned`: how many numbers of an image the caller keeps besides.
    """
    each = p.dtype.itemsize
    if images * (counted(architecture, config)[not keep] + returned) * each < LOOKED_AT:
        return  # NumPy's ops keep more than the kernels: no need to ask what these keep
    numbers = kept(architecture, ops, p, config)[not keep] + returned
    needed, free = images * numbers * each, free_memory()
    if free is None or needed <= free:
        return
    fitting = free // (numbers * each)
    advice = f"choose at most {fitting} at a time, " if fitting else "choose "
    each_one, smaller = config.burden
    purpose = "for what its backward will read" if keep else "at once"
    raise InputError(
        f"a forward of {images} images of {each_one} needs at least "
        f"{gigabytes(needed)} of memory {purpose}, and {gigabytes(free)} are free: {advice}"
        f"{smaller}"
    )


@lru_cache
def counted(architecture: Architecture, config) -> tuple[int, int]:
    """Numbers that NumPy's ops keep of an image: in all places together, in the largest."""
    found = [row.kept for row in stages(architecture, config)]
    return sum(found), max(found)


def kept(architecture: Architecture, ops, p, config) -> tuple[int, int]:
    """The same of any backend: it goes forward with no image at all, and its caches are counted."""
    if ops is numpy_ops:
        return counted(architecture, config)
    caches = {}
    none = np.empty((0, *config.image, config.channels), p.dtype)
    architecture.forward(ops, p, config, none, caches, Chance())
    seen: dict[int, np.ndarray] = {}
    found = [kept_numbers(cache, seen) for cache in caches.values()]
    return sum(found), max(found)


def gigabytes(count: int) -> str:
    """Bytes by 1000^3, with three digits: 1234567890 -> "1.23 GB"."""
    return f"{count / 1e9:.3g} GB" if count < 1e12 else f"{count / 1e9:,.0f} GB"
