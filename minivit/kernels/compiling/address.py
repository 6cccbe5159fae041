"""A function compiled once, to be called by its address.

Numba links a callee's code into its caller and optimises both anew: what a parallel kernel calls is
compiled five times over. So a kernel with much in it is only a loop, which calls its body by
address (`simd.call`); it compiles in a third of the time.
"""

import numba
from numba.core.ccallback import CFunc

from .decorators import FAST_MATH, cached, jit_is_off
from .entrance import alone
from .start import announcer

_bodies: list = []  # what has been compiled, so that it stays where it lies


def address_of(function, *argument_types, fastmath=FAST_MATH):
    """Compile a plain function of these Numba types, which returns nothing, and say where it lies.

    With the JIT off: the function itself.

    It must not allocate arrays. Numba counts references to arrays by atomic additions, which cost a
    small matrix more than its product. Here nothing is counted, and an array that is made would
    never be freed.
    """
    if jit_is_off():
        return function
    signature = (argument_types, numba.types.void)
    options = {"nopython": True, "error_model": "numpy", "fastmath": fastmath, "_nrt": False}
    with alone(), announcer.body():
        body = CFunc(function, signature, locals={}, options=options)
        cached(body, function)
        body.compile()
    _bodies.append(body)
    return body.address
