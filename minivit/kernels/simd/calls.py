"""Two ways to call a compiled function that keep compiling short.

Numba and LLVM copy a callee into every place that calls it, and compile each copy again. `noinline`
forbids the copy. `call` goes through an address, so that neither of them sees the callee
(compiling/address.py).
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .emitter import instruction


@instruction(lambda: None)
def noinline(typingctx):
    """The first line of a function that LLVM must not copy into its callers."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


def _call(function, arguments):
    function(*arguments)


@instruction(_call)
def call(typingctx, address, arguments):
    """Call the compiled function at `address`, which returns nothing, with a tuple of arguments.

    `compiling.address_of` compiles a function, once, and gives its address.
    """

    def codegen(context, builder, sig, args):
        values = cgutils.unpack_tuple(builder, args[1])
        result = context.get_value_type(types.none)
        kind = ir.FunctionType(result, [value.type for value in values])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), codegen
