"""`jit` compiles pieces of kernels, `parallel_jit` the parallel loops that Python calls.

Both set the flags of the compiler, and keep the code in our own folder (kept.py).

What Python calls gets a wrapper, which turns Python's objects into numbers and arrays, and others
into Python's exceptions. Wrappers took a quarter of the time of compiling: each is optimised again
with every function that calls the wrapped one. So a piece has none.
"""

import functools

import numba
from numba.core.registry import CPUDispatcher

from .announce import PACKAGE
from .entrance import guarded
from .kept import KeptCode
from .passes import Compiler, CompilerOfPieces
from .start import CACHE, announcer, kernels

# Without the flags by which fastmath=True would assume that there is no NaN and no infinity.
FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}


def jit(function=None, *, from_python=False, fastmath=FAST_MATH, inline="never", counts=None,
        parallel=False, nogil=True):  # fmt: skip
    """Compile a piece of a kernel: a function that compiled code calls.

    `from_python`: Python calls it, too. `parallel`: its prange is a parallel loop.

    With counts=False it counts no references to arrays. A function that returns an array needs
    this, and its callers must count none either, up to a body that is called by address
    (shared.py): if one of them counted, the array would be freed too early, or never. A function
    that returns no array counts if the first function that calls it does.
    """
    options = {"parallel": parallel} | ({} if counts is None else {"_nrt": counts})
    options |= {"fastmath": fastmath, "inline": inline, "nogil": nogil}
    decorate = functools.partial(_compiled if from_python else _piece, **options)
    return decorate if function is None else decorate(function)


def parallel_jit(function=None, *, small_op=False):
    """Compile a kernel; `small_op`: a plain narrow model's training step goes without it."""
    if function is None:
        return functools.partial(parallel_jit, small_op=small_op)
    compiled = _compiled(function, fastmath=FAST_MATH, parallel=True, nogil=True)
    if function.__module__.startswith(PACKAGE) and not small_op:
        kernels[function.__name__] = compiled
    return guarded(function, compiled)


def jit_is_off() -> bool:
    """Whether kernels run as plain Python, for a debugger to step through (NUMBA_DISABLE_JIT)."""
    return bool(numba.config.DISABLE_JIT)


def _compiled(function, *, is_piece=False, **options):
    # Nobody outside of Numba calls it by its address: that takes another wrapper.
    options |= {"error_model": "numpy", "no_cfunc_wrapper": True, "no_cpython_wrapper": is_piece}
    if not options["parallel"]:  # else Numba compiles the loop's body in its usual way, anyhow
        options["pipeline_class"] = CompilerOfPieces if is_piece else Compiler
    compiled = numba.njit(function, **options)
    return compiled if jit_is_off() else cached(compiled, function, "piece" if is_piece else "")


def _piece(function, **options):
    compiled = _compiled(function, is_piece=True, **options)
    if not jit_is_off():
        compiled.__class__ = _Piece
    return compiled


class _Piece(CPUDispatcher):
    """Without a wrapper, a call from Python would jump to address 0."""

    def __call__(self, *arguments):
        name = self.py_func.__qualname__
        raise TypeError(f"{name} is a piece of a kernel; for Python: @jit(from_python=True)")


def cached(compiled, function, way):
    """The function, told to keep its code in our folder; `way` tells apart what was made of it."""
    if CACHE is not None:
        compiled._cache = KeptCode(function, CACHE, way, announcer.elsewhere)
    return compiled
