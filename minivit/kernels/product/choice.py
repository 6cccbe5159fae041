"""Who multiplies matrices in the kernels: our own tiles ("numba") or NumPy's BLAS ("blas").

Most processors have nothing faster than vectors, and there our tiles are as fast as a BLAS. Some
(Apple's) have hardware for matrices that only the maker's BLAS can use. "auto" measures both, once
per process, and takes BLAS if it is faster by MARGIN. The default is "auto" on a machine that may
have such hardware. On all others it is "numba", so that noise never decides the bits of a training.

"blas" changes the product alone: what follows it (bias, GELU, sums) is separate passes after it.
"""

import math
import os
import platform
import sys
import time
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.threads import fall_asleep

from .blas import blas_into
from .tiled import tiled_into

NAMES = ("numba", "blas", "auto")
MARGIN = 1.15  # BLAS must be so many times as fast: with it two thread pools share the processors
SHAPES = ((512, 256, 256), (384, 384, 128))  # (M, N, K), as of x w and of x^T dy
SECONDS = 0.05  # for each: threads that have slept need a while until they run side by side

_state: dict = {"asked": None, "chosen": None, "speeds": None}


class Speeds(NamedTuple):
    """GFLOP/s of both sides: geometric means over SHAPES."""

    numba: float
    blas: float


def asked() -> str:
    """What `choose` or MINIVIT_MATMUL says, or else the default; InputError for another word."""
    default = "auto" if blas_may_win() else "numba"
    return _state["asked"] or checked(os.environ.get("MINIVIT_MATMUL") or default, "MINIVIT_MATMUL")


def choose(name: str | None) -> str | None:
    """Set the choice for this process (None: back to MINIVIT_MATMUL); returns the former one."""
    former = _state["asked"]
    _state["asked"] = None if name is None else checked(name, "matmul")
    _state["chosen"] = None
    asked()
    return former


def checked(name: str, what: str) -> str:
    if name not in NAMES:
        raise InputError(
            f'{what} is {name!r}: choose "numba" (the kernels\' own product), "blas" (NumPy\'s) or '
            '"auto" (the faster one, measured once per process)'
        )
    return name


def chosen() -> str:
    """ "numba" or "blas"; the first call may take some tenths of a second to measure."""
    if _state["chosen"] is None:
        name = asked()
        _state["chosen"] = faster(speeds()) if name == "auto" else name
    return _state["chosen"]


def blas_may_win() -> bool:
    """Whether a BLAS may have hardware that vector instructions don't reach."""
    return sys.platform == "darwin" and platform.machine() == "arm64"


def speeds() -> Speeds:
    """What `measure` found, once per process."""
    if _state["speeds"] is None:
        _state["speeds"] = measure()
    return _state["speeds"]


def faster(speeds: Speeds) -> str:
    return "blas" if speeds.blas > MARGIN * speeds.numba else "numba"


def measure() -> Speeds:
    """Time both sides on products of a medium size, and keep each one's best."""
    return Speeds(_speed(tiled_into), _speed(blas_into))


def _speed(product) -> float:
    """GFLOP/s of one side's best runs, while the other's threads sleep."""
    fall_asleep()
    rates = []
    for m, n, k in SHAPES:
        a, b = np.full((m, k), 0.5, np.float32), np.full((k, n), 0.5, np.float32)
        out, best = np.empty((m, n), np.float32), math.inf
        product(out, a, b)  # not timed: it may compile
        end = time.perf_counter() + SECONDS
        while (start := time.perf_counter()) < end:
            product(out, a, b)
            best = min(best, time.perf_counter() - start)
        rates.append(2e-9 * m * n * k / best)
    return math.exp(np.mean(np.log(rates)))
