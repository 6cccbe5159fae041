"""How compiled functions call each other, so that they compile quickly.

LLVM copies a callee into every place that calls it, and compiles each copy again. `noinline`
forbids the copy.
"""

from numba import types

from .emitter import instruction


@instruction(lambda: None)
def noinline(typingctx):
    """The first line of a function that LLVM must not copy into its callers."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen
