"""What a call in a student's process gives: an Answer, or Failed with one sentence.

The process may be under the control of the student's code, so that every field is looked at before
it is believed to be of its kind.
"""

from typing import NamedTuple

import numpy as np

from minivit.checking.student.isolation.protocol import ProtocolError

KINDS = {  # of what can go wrong
    "file": "the file can't be read",
    "load": "the file can't be loaded: a syntax error, an import that fails, an exception",
    "missing": "the file doesn't define the function",
    "raised": "the function raised an exception",
    "not implemented": "the function raised NotImplementedError: it is still a stub",
    "memory": "more memory was asked for than there may be",
    "slow": "it took longer than it may",
    "ended": "the process ended: sys.exit, os._exit, a crash, a signal",
    "printed": "more was printed than may be",
    "processes": "processes were started",
    "malformed": "what came back is no answer",
    "borrowed": "minivit's own function is used for the op that is under test",
    "numpy": "something of NumPy was replaced",
    "minivit": "something of minivit was replaced",
}


class Failed(Exception):
    """A student's code did not give a result. str() is one sentence that says why."""

    def __init__(self, kind: str, sentence: str, *, name: str = "", line: int | None = None):
        super().__init__(sentence)
        self.kind = kind  # one of KINDS
        self.name = name  # of the exception, or of what was replaced
        self.line = line  # of the student's file, where one is known


class Handle(NamedTuple):
    """A cache that stays in the student's process."""

    number: int
    process: int  # which of the processes that were started, one after another


class Value(NamedTuple):
    """One value that a function returned."""

    what: str  # its true type: "numpy.ndarray", "a tuple of 3", "numpy.matrix"
    dtype: str  # of an array, also of one of a subclass; "" for anything else
    shape: tuple[int, ...] | None
    array: np.ndarray | None  # if it is plain and of bool, int32, int64, float32 or float64
    shares: tuple[int | str, ...]  # arguments that it shares memory with


class Answer(NamedTuple):
    """What a function returned, and what it did besides. Inputs are numbers, options words."""

    form: str  # what it returned: "a tuple of 2", "numpy.ndarray"
    values: tuple[Value, ...]  # y alone if a forward returned a pair; else all, one by one
    cache: Handle | None  # of a forward that returned a pair
    written: tuple[int | str, ...]  # arguments that it wrote into
    overwrites: bool  # whether it wrote into an array that an earlier call returned


def answer_of(message: dict, process: int) -> Answer:
    """An answer as it came; ProtocolError for one that is none."""
    handle = expected(message, "handle", (int, type(None)))
    return Answer(
        shown(expected(message, "form", (str,)), 80),
        tuple(value_of(value) for value in expected(message, "values", (tuple,))),
        None if handle is None else Handle(handle, process),
        names(message, "written"),
        expected(message, "overwrites", (bool,)),
    )


def value_of(message) -> Value:
    if type(message) is not dict:
        raise ProtocolError("a value is not described")
    value = Value(
        shown(expected(message, "what", (str,)), 80),
        shown(expected(message, "dtype", (str,)), 80),
        expected(message, "shape", (tuple, type(None))),
        expected(message, "array", (np.ndarray, type(None))),
        names(message, "shares"),
    )
    array = value.array
    if array is not None and (array.shape, array.dtype.name) != (value.shape, value.dtype):
        raise ProtocolError("an array is not what its description says")
    return value


def names(message: dict, field: str) -> tuple[int | str, ...]:
    found = expected(message, field, (tuple,))
    if not all(type(name) in (int, str) for name in found):
        raise ProtocolError(f"{field!r} holds something else than names")
    return found


def expected(message: dict, field: str, kinds: tuple[type, ...]):
    """A field of a message, which is there and of one of these kinds."""
    if field not in message or type(message[field]) not in kinds:
        raise ProtocolError(f"{field!r} is missing, or of another kind")
    return message[field]


def shown(text: str, most: int = 300) -> str:
    """Text of a student's as it may be printed: one line, nothing that moves a cursor."""
    text = " ".join(text[: 2 * most].split())
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if len(text) <= most else text[: most - 3] + "..."
