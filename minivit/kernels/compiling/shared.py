"""A function that all threads run, each for its share of the work.

    @shared
    def _doubled(share, shares, y, x):
        for i in range(share * x.size // shares, (share + 1) * x.size // shares):
            y[i] = 2 * x[i]

    _doubled(x.dtype, get_num_threads(), y, x)

A function is compiled once for each kind of arguments, and called by its address. Numba compiles a
parallel loop (`prange`) five times over instead, with all that it calls.
"""

import functools

import numpy as np
from numba import prange

from . import second
from .address import address_of_reader
from .announce import PACKAGE
from .by_address import call
from .decorators import jit, jit_is_off
from .entrance import guarded
from .memory import seldom_collected
from .start import kernels
from .words import Words


class Shared:
    """A plain function(share, shares, *arguments) that returns nothing."""

    def __init__(self, function, *, of_a_step=False):
        self.function, self.of_a_step = function, of_a_step
        self.signatures: dict = {}  # for a kind of arguments, its reader's address and their Words
        self._run = guarded(function, self._on_all_threads)

    def __call__(self, kind, shares: int, *arguments) -> None:
        """Run it `shares` times at once, with share = 0, 1, ..., on so many threads.

        `kind` says all that the arguments' types depend on: a dtype, or a tuple that begins with
        one.
        """
        if jit_is_off():
            for share in range(shares):
                self.function(share, shares, *arguments)
        else:
            self._run(kind, shares, arguments)

    def _on_all_threads(self, kind, shares, arguments):
        reader, words = self.signatures.get(kind) or self.compile_for(kind, arguments)
        _on_so_many(reader, shares, words.of(arguments))

    def compile_for(self, kind, arguments):
        """The address of the body's reader, and how arguments are written for it.

        It would read others as if they were of these types: so Words refuses them.
        """
        if self.of_a_step:
            second.start_once(str(kind[0] if isinstance(kind, tuple) else kind))
        second.tell(self.function.__name__)
        with seldom_collected():
            words = Words(arguments)
            reader = address_of_reader(self.function, words.type)
        self.signatures[kind] = reader, words
        return self.signatures[kind]


def shared(function=None, *, small_op=False):
    """Decorates a function that all threads run; `small_op`: as in `parallel_jit`."""
    if function is None:
        return functools.partial(shared, small_op=small_op)
    of_a_step = function.__module__.startswith(PACKAGE) and not small_op
    made = Shared(function, of_a_step=of_a_step)
    if of_a_step:
        kernels[function.__name__] = made
    return made


@jit(parallel=True)
def _on_threads(reader, shares, address):
    for share in prange(shares):
        call(reader, (share, shares, address))


@jit(from_python=True, counts=False)
def _on_so_many(reader, shares, words):
    """The one loop of all kernels; for a single share no thread is woken."""
    address = np.intp(words.ctypes.data)
    if shares == 1:
        call(reader, (0, shares, address))
    else:
        _on_threads(reader, shares, address)
