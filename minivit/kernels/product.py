"""Who multiplies matrices in the kernels: our own tiles ("numba") or NumPy's BLAS ("blas").

Vectors reach what most processors have, and there our tiles are as fast as a BLAS. Some machines
have hardware for matrices that only the maker's BLAS can use (Apple's). "auto" measures, once per
process, and takes BLAS if it is faster by far. Who says nothing gets "auto" on such a machine, and
"numba" on all others: there noise must not decide which bits a training ends with.

With "blas" only the product changes. What follows it (bias, GELU, sums) is done after it, as passes
of their own, and everything else stays as it is.
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

from .gelu import _gelu_backward_into, _gelu_forward_into
from .matmul_block import GELU, GELU_SLOPE, GELU_TANH, GELU_TANH_SLOPE, NOTHING

NAMES = ("numba", "blas", "auto")
MARGIN = 1.15  # so many times faster must BLAS be: beside it two thread pools share the processors
SHAPES = ((512, 256, 256), (384, 384, 128))  # (M, N, K), forms x w and x^T dy
SECONDS = 0.05  # for each: it takes a while until threads that have slept run side by side

_state: dict = {"asked": None, "chosen": None, "speeds": None}


class Speeds(NamedTuple):
    """GFLOP/s of both sides on a few products, geometric means."""

    numba: float
    blas: float


def asked() -> str:
    """What `choose` or MINIVIT_MATMUL says, or else the default; InputError for another word."""
    default = "auto" if blas_may_win() else "numba"
    return _state["asked"] or checked(os.environ.get("MINIVIT_MATMUL") or default, "MINIVIT_MATMUL")


def choose(name: str | None) -> str | None:
    """Set it for this process, None: back to MINIVIT_MATMUL. Returns what was set before."""
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
    from .matmul import _matmul_into  # which asks `chosen` itself

    former, _state["chosen"] = _state["chosen"], "numba"
    try:
        return Speeds(_speed(_matmul_into), _speed(blas_into))
    finally:
        _state["chosen"] = former


def _speed(product) -> float:
    """GFLOP/s of one side's best runs, while the other's threads sleep."""
    fall_asleep()
    rates = []
    for m, n, k in SHAPES:
        a, b = np.full((m, k), 0.5, np.float32), np.full((k, n), 0.5, np.float32)
        out, best = np.empty((m, n), np.float32), math.inf
        product(out, a, b)  # which may compile
        end = time.perf_counter() + SECONDS
        while (start := time.perf_counter()) < end:
            product(out, a, b)
            best = min(best, time.perf_counter() - start)
        rates.append(2e-9 * m * n * k / best)
    return math.exp(np.mean(np.log(rates)))


def blas_into(out, a, b, *, bias=None, residual=None, column_sums=None,
              mode=NOTHING, z=None, h=None):  # fmt: skip
    """What `matmul._matmul_into` does, with np.matmul and the passes that follow it."""
    np.matmul(a, b, out=out)
    for term in (bias, residual):
        if term is not None:
            out += term
    if column_sums is not None:
        np.sum(b, axis=0, out=column_sums)
    flat = out.reshape(-1)
    if mode in (GELU, GELU_TANH):
        _gelu_forward_into(h.reshape(-1), flat, mode == GELU_TANH)
    elif mode in (GELU_SLOPE, GELU_TANH_SLOPE):
        tanh = mode == GELU_TANH_SLOPE
        _gelu_forward_into(h.reshape(-1), z.reshape(-1), tanh)
        _gelu_backward_into(flat, flat, z.reshape(-1), tanh)
    return out
