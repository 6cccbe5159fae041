"""What a student's function returned or raised, described so that it can be sent.

What is asked of a value is asked of its type, through NumPy's own functions: a class of the
student's may lie about its instances.
"""

from traceback import walk_tb

from numpy import asarray, bool_, float32, float64, int32, int64, may_share_memory, ndarray

from minivit.checking.student.isolation.loading import Undecodable
from minivit.checking.student.isolation.protocol import DTYPES

LARGEST = 64 << 20  # bytes of an array that is sent
LONGEST = 500  # letters of a message
MOST = 32  # values of a tuple
SCALARS = {bool, int, float, bool_, int32, int64, float32, float64}
KNOWN = (Undecodable, NotImplementedError, MemoryError, SystemExit, ModuleNotFoundError)
TYPE_NAME, TYPE_MODULE = (vars(type)[name].__get__ for name in ("__qualname__", "__module__"))
DTYPE, SHAPE, NBYTES = (vars(ndarray)[name].__get__ for name in ("dtype", "shape", "nbytes"))
BYTES = ndarray.tobytes


def described(value, arguments: dict) -> dict:
    """A value: what it is, dtype and shape of an array, and the array itself if it can be sent.

    `arguments` are the arrays that the function was given, by name.
    """
    facts = {"what": what(value), "dtype": "", "shape": None, "array": None, "shares": ()}
    kind = type(value)
    if issubclass(kind, ndarray):
        shares = [name for name, given in arguments.items() if may_share_memory(value, given)]
        facts["shares"] = tuple(shares)
        array = value
    elif kind in SCALARS:
        array = asarray(value)
    else:
        return facts
    facts |= {"dtype": short(str(DTYPE(array))), "shape": tuple(map(int, SHAPE(array)))}
    if type(array) is ndarray and DTYPE(array) in DTYPES.values() and NBYTES(array) <= LARGEST:
        facts["array"] = array
    return facts


def what(value) -> str:
    """The type of a value, whatever it says of itself: "numpy.ndarray", "a tuple of 3"."""
    kind = type(value)
    if kind in (tuple, list):
        return f"a {kind.__name__} of {kind.__len__(value)}"
    if value is None:
        return "None"
    try:
        name, module = short(TYPE_NAME(kind)), short(TYPE_MODULE(kind))
    except Exception:  # a class whose module was deleted, or is no word
        return "a thing without a type's name"
    return name if module == "builtins" else f"{module}.{name}"


def values_of(result) -> tuple:
    """The values of a tuple or list, as many as anybody would send; another value is its own."""
    kind = type(result)
    if issubclass(kind, tuple):
        return tuple.__getitem__(result, slice(MOST))
    return tuple(list.__getitem__(result, slice(MOST))) if issubclass(kind, list) else (result,)


def arrays_in(inputs: tuple, options: dict) -> dict:
    """The arrays of a call by name: an input's number, an option's word."""
    found = {i: value for i, value in enumerate(inputs) if type(value) is ndarray}
    for name, value in options.items():
        parts = {f"{name}[{i}]": x for i, x in enumerate(value)} if isinstance(value, tuple) else {}
        found |= {k: x for k, x in ({name: value} | parts).items() if type(x) is ndarray}
    return found


def state(array: ndarray) -> tuple:
    """Shape and bytes: what tells whether an array was written into."""
    return SHAPE(array), BYTES(array)


def trouble(error: BaseException, path: str) -> dict:
    """What was raised, its message, and the line of the student's file that it passed last."""
    kind = type(error)
    try:
        text = error.msg if issubclass(kind, SyntaxError) else str(error)
    except BaseException:  # a message is made by the student's code
        text = "(its message can't be shown)"
    lines = [line for frame, line in walk_tb(error.__traceback__) if is_in(frame, path)]
    if issubclass(kind, SyntaxError) and error.filename == path and type(error.lineno) is int:
        lines.append(error.lineno)
    kinds = [base.__name__ for base in KNOWN if issubclass(kind, base)]
    return {
        "kind": kinds[0] if kinds else "Exception",
        "name": short(TYPE_NAME(kind)),
        "text": short(text),
        "line": lines[-1] if lines else None,
    }


def is_in(frame, path: str) -> bool:
    return frame.f_code.co_filename == path


def short(text: str) -> str:
    """A plain string of bounded length, for a subclass of str as well."""
    return str.__getitem__(text, slice(0, LONGEST))
