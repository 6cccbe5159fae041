"""How compiled functions call each other, so that they compile quickly.

LLVM copies a callee into every place that calls it, and compiles each copy again. `noinline`
forbids the copy.
"""

from numba import types

from .emitter import VECTOR_BYTES, instruction


@instruction(lambda: None)
def noinline(typingctx):
    """The first line of a function that LLVM must not copy into its callers."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@instruction(lambda: None)
def whole_registers(typingctx):
    """A line of a function whose loops LLVM shall vectorise with registers as wide as there are.

    On its own it takes half of each on Intel's processors with AVX-512, of which the first ones ran
    at a lower clock with whole ones. On Emerald Rapids a vector of 16 GELUs took 19.7 cycles so,
    and takes 18.9; with its slope, 33.9 and 27.0 (medians). Where LLVM takes whole ones anyhow,
    nothing changes.
    """

    def codegen(context, builder, sig, args):
        wide = f'"prefer-vector-width"="{8 * VECTOR_BYTES}"'
        set.add(builder.function.attributes, wide)  # llvmlite's own `add` knows no such names
        return context.get_dummy_value()

    return types.void(), codegen
