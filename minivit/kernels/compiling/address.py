"""A function compiled once, to be called by its address.

Numba links a callee's code into its caller and optimises it again. What is called by its address
(shared.py) is compiled once.
"""

import numba
from numba.core.ccallback import CFunc

from . import claims
from .decorators import FAST_MATH, cached
from .entrance import alone
from .passes import Compiler
from .start import CACHE, announcer

_bodies: list = []  # all that was compiled: the list keeps its code in memory


def address_of(function, *argument_types):
    """Compile a plain function that takes these Numba types and returns nothing; its address.

    The function must not allocate arrays. Numba counts references to arrays by atomic additions,
    which take longer than the product of two small matrices. Here nothing is counted, so a new
    array would never be freed.
    """
    signature = (argument_types, numba.types.void)
    options = {"nopython": True, "error_model": "numpy", "fastmath": FAST_MATH, "_nrt": False}
    with alone(), announcer.body():
        body = CFunc(function, signature, locals={}, options=options, pipeline_class=Compiler)
        cached(body, function)
        try:
            body.compile()
        except BaseException:  # Ctrl-C, too, after which a notebook goes on
            if CACHE is not None:
                claims.release_all(CACHE)
            raise
    _bodies.append(body)
    return body.address
