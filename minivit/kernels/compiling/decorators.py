"""`jit` compiles the serial pieces, `parallel_jit` the kernels that Python calls.

Both take their flags from here, and keep the code in our own folder.
"""

import functools

import numba

from .announce import PACKAGE
from .entrance import guarded
from .kept import KeptCode
from .start import CACHE, kernels

# Named one by one, and none that assumes away NaN or infinity: fastmath=True would.
FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}


def jit(function=None, *, fastmath=FAST_MATH, inline="never", counts=None):
    """Compile a serial piece, which a kernel calls.

    A piece that returns an array says counts=False, and may be called only in a body that is called
    by address (address.py). Neither counts references then; if one did, the array would be freed
    too early, or never. A piece that returns none does as the first function that calls it.
    """
    options = {} if counts is None else {"_nrt": counts}
    decorate = functools.partial(_compiled, fastmath=fastmath, inline=inline, nogil=True, **options)
    return decorate if function is None else decorate(function)


def parallel_jit(function=None, *, fastmath=FAST_MATH, small_op=False):
    """Compile a kernel; `small_op` says that a training step does without it."""
    if function is None:
        return functools.partial(parallel_jit, fastmath=fastmath, small_op=small_op)
    compiled = _compiled(function, fastmath=fastmath, parallel=True, nogil=True)
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
    """Keep the code of a function in our folder."""
    if CACHE is not None:
        compiled._cache = KeptCode(function, CACHE)
    return compiled
