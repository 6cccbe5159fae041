"""How compiled functions call each other, so that they compile quickly.

Left alone, Numba and LLVM compile a function anew for every place that calls it, and whatever a
parallel loop calls three times over.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .vectors import instruction


@instruction(lambda: None)
def stay_whole(typingctx):
    """Said first in a function: LLVM must not copy it into its callers."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


def _call(function, arguments):
    function(*arguments)


@instruction(_call)
def call(typingctx, address, arguments):
    """Call the compiled function at `address` with a tuple of arguments; it returns nothing.

    compile.address_of gives the address. What is called in this way is compiled once.
    """

    def codegen(context, builder, sig, args):
        values = cgutils.unpack_tuple(builder, args[1])
        result = context.get_value_type(types.none)
        kind = ir.FunctionType(result, [value.type for value in values])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), codegen
