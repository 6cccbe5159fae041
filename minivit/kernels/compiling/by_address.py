"""A piece that many kernels call, compiled once: they call it by its address.

    @by_address
    def product(c, a, b): ...

    @shared
    def _kernel(share, shares, product_at, c, a, b):
        call(product_at, (c, a, b))

    _kernel(c.dtype, get_num_threads(), product.at(c.dtype, c, a, b), c, a, b)

Numba links a piece into each kernel that calls it and compiles it there again: seconds for a piece
as large as the matrix product. The price is a call that LLVM can't see through, some nanoseconds.
"""

from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.extending import intrinsic

from . import second
from .address import address_of
from .decorators import jit_is_off
from .entrance import alone
from .memory import seldom_collected


class ByAddress:
    """A plain function(*arguments) that returns nothing."""

    def __init__(self, function):
        self.function = function
        self.addresses: dict = {}  # of what was compiled for a kind of arguments

    def at(self, kind, *arguments) -> int:
        """The address of what is compiled for arguments like these; `kind` says all that their
        types depend on, a dtype for example. With the JIT off, the function itself."""
        if jit_is_off():
            return self.function
        address = self.addresses.get(kind)
        return self.compile_for(kind, arguments) if address is None else address

    def compile_for(self, kind, arguments) -> int:
        """The address, from now on known."""
        with alone():
            if kind not in self.addresses:  # else another thread has compiled it meanwhile
                second.start_once(str(kind))
                second.tell(self.function.__name__)
                with seldom_collected():
                    address = address_of(self.function, *map(typeof, arguments))
                self.addresses[kind] = address
        return self.addresses[kind]


def by_address(function) -> ByAddress:
    """Decorates a piece that is compiled once, and called by its address."""
    return ByAddress(function)


def need_plain(kind):
    """TypeError for arrays and whole numbers that can't be what was compiled; nobody checks that
    the dtypes are the same."""
    if isinstance(kind, types.BaseTuple):
        for part in kind:
            need_plain(part)
        return
    whole_vector = not isinstance(kind, types.Array) or (kind.ndim, kind.layout) == (1, "C")
    wide = not isinstance(kind, types.Integer) or kind.bitwidth == types.intp.bitwidth
    if not (whole_vector and wide):
        raise TypeError(f"{kind} can't be handed over to what is called by its address")


def _call(address, arguments):
    address(*arguments)


@intrinsic
def _call_compiled(typingctx, address, arguments):
    """Call what lies at the address with the arguments of this tuple.

    It reads them as if they were like those that it was compiled for.
    """
    need_plain(arguments)

    def codegen(context, builder, sig, args):
        address, packed = args
        values = cgutils.unpack_tuple(builder, packed)
        result = context.get_value_type(types.none)
        kind = ir.FunctionType(result, [value.type for value in values]).as_pointer()
        builder.call(builder.inttoptr(address, kind), values)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), codegen


call = _call if jit_is_off() else _call_compiled
