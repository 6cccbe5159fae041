"""Arguments of any kind as words of eight bytes, one after the other.

The loop over the threads is compiled once for all kernels, so it can't take their arguments. It
takes the address of their words instead:

    the first word            the address of the tuple of all arguments
    a number or truth value   itself, in one word
    a tuple                   its address; what is in it follows
    an array                  owner (two words), size, bytes of a number, address, shape, strides
    None                      nothing

Whatever their types, one function writes them. A body reads them with a reader of its own, which is
compiled with it.
"""

import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba._dispatcher import compute_fingerprint
from numba.core.registry import cpu_target
from numba.core.typeconv import Conversion

from .decorators import jit

TUPLE, ARRAY, INT, FLOAT, BOOL = range(5)
OF_ARRAY = 5  # words before its shape and strides
WHOLE = 0  # the first word
WORD, INT64 = 8, ir.IntType(64)

# What Python and Numba offer to whoever compiles for them. An object is told by its address, which
# is 0 for none.
_item = types.ExternalFunction("PyTuple_GetItem", types.intp(types.intp, types.intp))
_int = types.ExternalFunction("PyLong_AsLongLong", types.int64(types.intp))
_float = types.ExternalFunction("PyFloat_AsDouble", types.float64(types.intp))
_bool = types.ExternalFunction("PyObject_IsTrue", types.int32(types.intp))
_array = types.ExternalFunction("numba_adapt_ndarray", types.int32(types.intp, types.intp))
_error = types.ExternalFunction("PyErr_Occurred", types.intp())
_forget_error = types.ExternalFunction("PyErr_Clear", types.void())


class Words:
    """How the arguments of a body are written, and which ones these may be."""

    def __init__(self, arguments: tuple):
        kind = _fingerprint(arguments)
        self.type = typeof(arguments)
        self._rows, self._count = rows_of(self.type)
        self._right = {kind}  # kinds of arguments that may come

    def of(self, arguments: tuple) -> np.ndarray:
        """The words of these, as long as the arguments are there.

        An np.int32 may come for an int, and a writeable array for one that is only read. TypeError
        for other types than the body was compiled for, as far as Numba tells them apart (bytes in
        another order it doesn't: ops/inputs.py does). OverflowError for whole numbers outside of
        -2^63 to 2^63 - 1.
        """
        kind = _fingerprint(arguments)
        if kind not in self._right:
            self._check(typeof(arguments))
            self._right.add(kind)
        words = np.empty(self._count, np.int64)
        if not _write(id(arguments), self._rows, words):
            need_words(arguments)
            # Unlike named tuples may have the same fingerprint.
            raise self._refused(typeof(arguments))
        return words

    def _check(self, found) -> None:
        conversion = cpu_target.typing_context.can_convert(found, self.type)
        is_safe = conversion is not None and conversion <= Conversion.safe
        if not is_safe or not np.array_equal(rows_of(found)[0], self._rows):
            raise self._refused(found)

    def _refused(self, found) -> TypeError:
        return TypeError(f"{found} can't be handed over to what was compiled for {self.type}")


def _fingerprint(arguments):
    """What Numba tells kinds of arguments apart by; TypeError for those that no body takes."""
    try:
        return compute_fingerprint(arguments)
    except (NotImplementedError, ValueError) as error:
        kinds = ", ".join(type(one).__name__ for one in arguments)
        raise TypeError(f"({kinds}) can't be handed over to a body: see words.py") from error


def need_words(arguments: tuple) -> None:
    """OverflowError for whole numbers that take more than a word."""
    for one in arguments:
        if isinstance(one, tuple):
            need_words(one)
        elif isinstance(one, int) and not -(2**63) <= one < 2**63:
            raise OverflowError(f"{one} is not from -2^63 to 2^63 - 1")


def rows_of(whole) -> tuple[np.ndarray, int]:
    """How a tuple of these types is written: a row for each part, a tuple before what is in it; and
    how many words there are. A row: the part's code, the word with the address of its tuple, its
    place there, its first word."""
    rows, count = [], WHOLE + 1

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

    add(whole, WHOLE)
    return np.array(rows, np.int64).reshape(-1, 4), count


def code_of(kind: types.Type) -> int:
    match kind:
        case types.BaseTuple():
            return TUPLE
        case types.Array():
            return ARRAY
        case types.Integer():
            return INT
        case types.Boolean():
            return BOOL
    if kind in (types.float32, types.float64):
        return FLOAT
    raise TypeError(f"{kind} can't be handed over to what is called by its address")


@jit(from_python=True, counts=False, nogil=False)
def _write(arguments, rows, words):
    """Write the words of the tuple at an address; whether all could be written."""
    address, floats = np.intp(words.ctypes.data), words.view(np.float64)
    words[WHOLE] = arguments
    for i in range(len(rows)):
        code, holder, place, word = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
        one = _item(words[holder], place)
        if one == 0 or (code == ARRAY and _array(one, address + WORD * word) != 0):
            _forget_error()
            return False
        if code == TUPLE:
            words[word] = one
        elif code == INT:
            words[word] = _int(one)
        elif code == FLOAT:
            floats[word] = _float(one)
        elif code == BOOL:
            words[word] = _bool(one)
        if _error():
            _forget_error()
            return False
    return True


def reader(name, body, kinds, target) -> ir.Module:
    """A function(share, shares, words) of this name, which reads all and calls the body with it.

    kinds: the types of the body's arguments, of which share and shares come first.
    """
    module, value_type = target.create_module(name), target.get_value_type
    of_body = ir.FunctionType(value_type(types.none), [value_type(kind) for kind in kinds])
    of_reader = ir.FunctionType(ir.VoidType(), [INT64] * 3)
    function = ir.Function(module, of_reader, name)
    builder = ir.IRBuilder(function.append_basic_block())
    share, shares, words = function.args
    firsts = iter(rows_of(kinds[2:])[0][:, 3].tolist())

    def value(kind):
        if kind is types.none:
            return target.get_dummy_value()
        address, code = builder.add(words, INT64(WORD * next(firsts))), code_of(kind)
        if code == TUPLE:
            return target.make_tuple(builder, kind, [value(part) for part in kind])
        wanted = value_type(kind)
        stored = wanted if code == ARRAY else ir.DoubleType() if code == FLOAT else INT64
        found = builder.load(builder.inttoptr(address, stored.as_pointer()))
        if stored == wanted:
            return found
        return (builder.fptrunc if code == FLOAT else builder.trunc)(found, wanted)

    values = [share, shares, *map(value, kinds[2:])]
    builder.call(ir.Function(module, of_body, body), values)
    builder.ret_void()
    return module
