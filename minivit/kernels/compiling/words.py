"""Arguments of any kind as words of eight bytes, one after the other.

The loop over the threads is compiled once for all kernels, so it can't take their arguments. It
takes the address of their words instead. A number takes one word, an array one for each of what
Numba keeps of it. Whatever their types, one function writes them; a body reads them with `reader`,
which is compiled with it.
"""

import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba._dispatcher import compute_fingerprint
from numba.core.registry import cpu_target
from numba.core.typeconv import Conversion

from .decorators import jit

TUPLE, ARRAY, INT, FLOAT, BOOL = range(5)
CODES = {
    types.BaseTuple: TUPLE, types.Array: ARRAY, types.Integer: INT, types.Float: FLOAT,
    types.Boolean: BOOL,
}  # fmt: skip
OF_ARRAY = 5  # words: its owner (two), numbers, bytes of a number, address; besides shape, strides
OWN = 0  # the word that holds the address of the tuple of all arguments
WORD, INT64 = 8, ir.IntType(64)

# What Python and Numba offer to whoever compiles for them. An object is told by its address.
_item = types.ExternalFunction("PyTuple_GetItem", types.intp(types.intp, types.intp))
_int = types.ExternalFunction("PyLong_AsLongLong", types.int64(types.intp))
_float = types.ExternalFunction("PyFloat_AsDouble", types.float64(types.intp))
_bool = types.ExternalFunction("PyObject_IsTrue", types.int32(types.intp))
_array = types.ExternalFunction("numba_adapt_ndarray", types.int32(types.intp, types.intp))


class Words:
    """How the arguments of a body are written, and which ones these may be."""

    def __init__(self, arguments: tuple):
        self.type = typeof(arguments)
        self._rows, self._count = rows_of(self.type)
        self._right = {compute_fingerprint(arguments)}  # kinds of arguments that may come

    def of(self, arguments: tuple) -> np.ndarray:
        """The words of these; TypeError for what the body would misread. They are of use as long as
        the arguments are there."""
        kind = compute_fingerprint(arguments)
        if kind not in self._right:
            self._check(typeof(arguments))
            self._right.add(kind)
        words = np.empty(self._count, np.int64)
        _write(id(arguments), self._rows, words)
        return words

    def _check(self, found) -> None:
        """An np.int32 may come for an int, a writeable array for one that is only read."""
        way = cpu_target.typing_context.can_convert(found, self.type)
        is_safe = way is not None and way <= Conversion.safe
        if not is_safe or not np.array_equal(rows_of(found)[0], self._rows):
            raise TypeError(f"{found} can't be handed over to what was compiled for {self.type}")


def rows_of(whole: types.BaseTuple) -> tuple[np.ndarray, int]:
    """A row for each argument and each tuple: its code, which word holds the address of the tuple
    that it is in, its place there, its first word. And how many words there are in all."""
    rows, count = [], OWN + 1

    def add(of, holder):
        nonlocal count
        for place, part in enumerate(of):
            if part is types.none:  # nothing is to be told
                continue
            code = code_of(part)
            first, count = count, count + (OF_ARRAY + 2 * part.ndim if code == ARRAY else 1)
            rows.append((code, holder, place, first))
            if code == TUPLE:
                add(part, first)

    add(whole, OWN)
    return np.array(rows, np.int64).reshape(-1, 4), count


def code_of(kind: types.Type) -> int:
    for base, code in CODES.items():
        if isinstance(kind, base) and kind is not types.uint64:  # which PyLong_AsLongLong refuses
            return code
    raise TypeError(f"{kind} can't be handed over to what is called by its address")


@jit(from_python=True, counts=False, nogil=False)
def _write(arguments, rows, words):
    address, floats = np.intp(words.ctypes.data), words.view(np.float64)
    words[OWN] = arguments
    for i in range(len(rows)):
        code, holder, place, word = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
        one = _item(words[holder], place)
        if code == ARRAY:
            _array(one, address + WORD * word)
        elif code == TUPLE:
            words[word] = one
        elif code == INT:
            words[word] = _int(one)
        elif code == FLOAT:
            floats[word] = _float(one)
        else:
            words[word] = _bool(one)


def add_reader(module, context, name, body, whole: types.BaseTuple) -> None:
    """A function(share, shares, words) of this name, that reads all and calls the body with it."""
    kind = ir.FunctionType(ir.VoidType(), [INT64] * 3)
    reader = ir.Function(module, kind, name)
    builder = ir.IRBuilder(reader.append_basic_block())
    share, shares, words = reader.args
    firsts = iter(rows_of(whole)[0][:, 3].tolist())

    def values(of):
        return [value(part) for part in of]

    def value(part):
        if part is types.none:
            return context.get_dummy_value()
        address = builder.add(words, INT64(WORD * next(firsts)))
        if isinstance(part, types.BaseTuple):
            return context.make_tuple(builder, part, values(part))
        expected = context.get_value_type(part)
        stored = {INT: INT64, BOOL: INT64, FLOAT: ir.DoubleType(), ARRAY: expected}[code_of(part)]
        read = builder.load(builder.inttoptr(address, stored.as_pointer()))
        if stored == expected:
            return read
        return (builder.fptrunc if code_of(part) == FLOAT else builder.trunc)(read, expected)

    builder.call(body, [share, shares, *values(whole)])
    builder.ret_void()
