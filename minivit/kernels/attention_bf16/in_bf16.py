"""Attention in bf16 on all threads: by the processor's instruction, or with rounded numbers."""

import math

import numpy as np
from numba import get_num_threads

from minivit.ops.product import rounded

from .space import room


def share_in_bf16(share, name, kind, shape, arrays, way, in_use):
    """Run a share of shares.py, by the instruction of this name; threaded over heads."""
    shares = min(get_num_threads(), math.prod(shape[:2]))
    workspace = np.empty(shares * room(*shape[2:]) + 64, np.float32)
    share(kind, shares, name == "amx", *arrays, shape, way, workspace, *in_use[1:])


def rounded_fields(fields):
    """The fields of `Heads` or `ThreeHeads`, with the numbers rounded: bf16 that is emulated."""
    made = {id(x): rounded(x) for x in fields if isinstance(x, np.ndarray)}
    return tuple(made.get(id(x), x) for x in fields)
