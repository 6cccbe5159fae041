"""`jit` compiles pieces of kernels, `parallel_jit` the parallel loops that Python calls.

Both set the flags of the compiler, and keep the code in our own folder (kept.py).
"""

import functools

import numba

from .announce import PACKAGE
from .entrance import guarded
from .kept import KeptCode
from .start import CACHE, kernels

# Without the flags by which fastmath=True would assume that there is no NaN and no infinity.
FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}


def jit(function=None, *, fastmath=FAST_MATH, inline="never", counts=None, parallel=False):
    """Compile a function that a kernel calls, or Python; `parallel`: its prange is a parallel loop.

    With counts=False it counts no references to arrays. A function that returns an array needs
    this, and its callers must count none either, up to a body that is called by address
    (shared.py): if one of them counted, the array would be freed too early, or never. A function
    that returns no array counts if the first function that calls it does.
    """
    options = {"parallel": parallel} | ({} if counts is None else {"_nrt": counts})
    decorate = functools.partial(_compiled, fastmath=fastmath, inline=inline, nogil=True, **options)
    return decorate if function is None else decorate(function)


def parallel_jit(function=None, *, small_op=False):
    """Compile a kernel; `small_op`: a training step of the plain model does without it."""
    if function is None:
        return functools.partial(parallel_jit, small_op=small_op)
    compiled = _compiled(function, fastmath=FAST_MATH, parallel=True, nogil=True)
    if function.__module__.startswith(PACKAGE) and not small_op:
        kernels[function.__name__] = compiled
    return guarded(function, compiled)


def jit_is_off() -> bool:
    """Whether kernels run as plain Python, for a debugger to step through (NUMBA_DISABLE_JIT)."""
    return bool(numba.config.DISABLE_JIT)


def _compiled(function, **options):
    compiled = numba.njit(function, error_model="numpy", **options)
    return compiled if jit_is_off() else cached(compiled, function)


def cached(compiled, function):
    """The function, told to keep its code in our folder."""
    if CACHE is not None:
        compiled._cache = KeptCode(function, CACHE)
    return compiled
