"""A function compiled once, to be called by its address.

Numba links a callee's code into its caller and optimises it again. What is called by its address
(shared.py) is compiled once.
"""

import numba
from numba.core.ccallback import CFunc

from . import claims
from .decorators import FAST_MATH, cached
from .entrance import alone
from .passes import CompilerOfBodies
from .start import CACHE, announcer
from .words import reader

_bodies: list = []  # all that was compiled: the list keeps its code in memory


def address_of(function, *argument_types):
    """Compile a plain function that takes these Numba types and returns nothing; its address.

    The function must not allocate arrays. Numba counts references to arrays by atomic additions,
    which take longer than the product of two small matrices. Here nothing is counted, so a new
    array would never be freed.
    """
    return _compiled(Body, function, argument_types)


def address_of_reader(function, arguments):
    """Compile a plain function(share, shares, *arguments) with its reader; the reader's address.

    The reader is a function(share, shares, words): it reads the arguments (words.py), whose Numba
    types are these, and calls the other, which must not allocate arrays, either.
    """
    return _compiled(BodyWithReader, function, (*[numba.types.intp] * 2, *arguments))


class Body(CFunc):
    """What is called by its address."""

    def compile(self):
        self.compiled = None
        super().compile()
        if self.compiled is not None:  # not read from a file, where passes.rebuilt does this
            for one in self.compiled._find_referenced_environments():  # what it prints, say
                self._library.codegen.set_env(one.env_name, one)
        self.compiled = None

    def _compile_uncached(self):
        self.compiled = super()._compile_uncached()
        return self.compiled


class BodyWithReader(Body):
    """The same, called by the address of its reader."""

    @property
    def address(self):
        return self._library.get_pointer_to_function(f"reader.{self.native_name}")

    def _compile_uncached(self):
        result = super()._compile_uncached()
        name, target = result.fndesc.llvm_cfunc_wrapper_name, result.target_context
        result.library.add_ir_module(reader(f"reader.{name}", name, self._sig.args, target))
        return result


def _compiled(kind, function, argument_types):
    signature = (argument_types, numba.types.void)
    options = {"nopython": True, "error_model": "numpy", "fastmath": FAST_MATH, "_nrt": False}
    with alone(), announcer.body():
        body = kind(
            function, signature, locals={}, options=options, pipeline_class=CompilerOfBodies
        )
        cached(body, function, kind.__name__)
        try:
            body.compile()
        except BaseException:  # Ctrl-C, too, after which a notebook goes on
            if CACHE is not None:
                claims.release_all(CACHE)
            raise
    _bodies.append(body)
    return body.address
