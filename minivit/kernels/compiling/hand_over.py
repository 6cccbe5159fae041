"""How arguments of any kind reach a function that another one calls, by way of a loop.

The loop over the threads is compiled once for all kernels, so it can't take their arguments. It
takes two addresses: of the arguments, which lie in memory, and of a function that reads them there
and calls the body. `hand_over` writes both, for one kind of arguments.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

INT = ir.IntType(64)  # the calling functions keep addresses as numbers of Numba's type intp


@intrinsic
def call_share(typingctx, reader, share, shares, where):
    """Call the function at the address `reader`, of two numbers and the arguments' address."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [INT] * 3).as_pointer()
        builder.call(builder.inttoptr(args[0], kind), args[1:])
        return context.get_dummy_value()

    return types.void(*[types.intp] * 4), codegen


@intrinsic
def hand_over(typingctx, loop, body, shares, arguments):
    """Let the loop at the address `loop` call `body`, by its address, with these arguments."""

    def codegen(context, builder, sig, args):
        loop, body, shares, packed = args
        memory = cgutils.alloca_once_value(builder, cgutils.pack_struct(builder, [body, packed]))
        reader = _reader(context, builder.module, memory.type)
        reader, where = (builder.ptrtoint(pointer, INT) for pointer in (reader, memory))
        result = context.get_value_type(types.none)
        kind = ir.FunctionType(result, [INT] * 3).as_pointer()
        builder.call(builder.inttoptr(loop, kind), [reader, shares, where])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, arguments), codegen


def _reader(context, module, pointer):
    """A function(share, shares, where) that reads body and arguments, and calls the one."""
    kind = ir.FunctionType(ir.VoidType(), [INT] * 3)
    reader = ir.Function(module, kind, module.get_unique_name("reader"))
    reader.linkage = "internal"
    builder = ir.IRBuilder(reader.append_basic_block())
    share, shares, where = reader.args
    body, packed = cgutils.unpack_tuple(builder, builder.load(builder.inttoptr(where, pointer)), 2)
    values = [share, shares, *cgutils.unpack_tuple(builder, packed)]
    result = context.get_value_type(types.none)
    of_body = ir.FunctionType(result, [value.type for value in values]).as_pointer()
    builder.call(builder.inttoptr(body, of_body), values)
    builder.ret_void()
    return reader
