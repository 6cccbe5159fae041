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

from numba import prange, typeof, types

from . import second
from .address import address_of
from .announce import PACKAGE
from .decorators import jit, jit_is_off
from .entrance import guarded
from .hand_over import call_share, hand_over
from .memory import seldom_collected
from .start import kernels


class Shared:
    """A plain function(share, shares, *arguments) that returns nothing."""

    def __init__(self, function, *, of_a_step=False):
        self.function, self.of_a_step = function, of_a_step
        self.signatures: dict = {}  # the address of what was compiled for a kind of arguments
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
        body = self.signatures.get(kind)
        if body is None:
            body = self.compile_for(kind, arguments)
        _hand_over(_address_of_loop(), body, shares, arguments)

    def compile_for(self, kind, arguments):
        """The address of the body; from now on arguments of these types can be handed over.

        The body would read any others as if they were of these. So nothing else is ever compiled
        for a call: Numba converts what comes (an np.int32 for an int), or raises TypeError.
        """
        if self.of_a_step:
            second.start_once(str(kind[0] if isinstance(kind, tuple) else kind))
        second.tell(self.function.__name__)
        of_arguments = tuple(map(typeof, arguments))
        with seldom_collected():
            _hand_over.disable_compile(False)
            _hand_over.compile((*[types.intp] * 3, types.Tuple(of_arguments)))
            _hand_over.disable_compile()
            body = address_of(self.function, types.intp, types.intp, *of_arguments)
        self.signatures[kind] = body
        return body


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
def _on_threads(reader, shares, where):
    for share in prange(shares):
        call_share(reader, share, shares, where)


def _loop(reader, shares, where):
    """The one loop of all kernels; for a single share no thread is woken."""
    if shares == 1:
        call_share(reader, 0, shares, where)
    else:
        _on_threads(reader, shares, where)


@functools.cache
def _address_of_loop():
    return address_of(_loop, *[types.intp] * 3)


@jit(from_python=True, counts=False)
def _hand_over(loop, body, shares, arguments):
    hand_over(loop, body, shares, arguments)
