"""What goes through the pipes between the checker and a student's process: frames, and no pickle.

    frame     length of the body (8 bytes), its seal (16 bytes), the body
    body      length of the header (8 bytes), the header, what arrays and bytes hold
    header    JSON of a dict: None, bools and whole numbers are themselves; all else is a list that
              begins with a tag

Numbers are in the byte order of the machine, since both sides are on it. The seal is a digest with
a key that only the two sides know: what the student's code writes into a pipe has none. A reader
trusts nobody: whatever is not exactly as it must be is a ProtocolError.

All that is needed is imported by name: a student's code may replace json.dumps or numpy.ndarray.
"""

import math
import struct
from hashlib import blake2b
from hmac import compare_digest
from json import dumps, loads
from reprlib import repr as shortly

from numpy import dtype, frombuffer, ndarray, zeros

from minivit.ops import AttentionOptions, BranchDrop, Drop, Masking, Running, Window

DTYPES = {name: dtype(name) for name in ("bool", "int32", "int64", "float32", "float64")}
TUPLES = {
    kind.__name__: kind for kind in (AttentionOptions, BranchDrop, Drop, Masking, Running, Window)
}
LENGTH = struct.Struct("<Q")
SEAL = 16  # bytes
START = LENGTH.size + SEAL  # of a frame, before its body
LARGEST = 256 << 20  # bytes of a body
LARGEST_HEADER = 1 << 20
DEEPEST, MOST_AXES = 20, 32


class ProtocolError(Exception):
    """What came is no frame of the protocol: a sentence says why."""


def frame(message: dict, key: bytes) -> bytes:
    """A message as bytes; TypeError or ValueError for what the protocol has no word for."""
    raw: list[bytes] = []
    header = dumps(packed(message, raw)).encode()
    body = b"".join([LENGTH.pack(len(header)), header, *raw])
    if len(body) > LARGEST or len(header) > LARGEST_HEADER:
        raise ValueError(f"a message of {len(body):,} bytes is longer than a frame may be")
    return LENGTH.pack(len(body)) + seal(body, key) + body


def seal(body: bytes, key: bytes) -> bytes:
    return blake2b(body, digest_size=SEAL, key=key).digest()


def body_length(start: bytes) -> int:
    """How many bytes follow the START of a frame."""
    (length,) = LENGTH.unpack_from(start)
    if length > LARGEST:
        raise ProtocolError(f"a frame claims {length:,} bytes, and {LARGEST:,} are the most")
    return length


def opened(start: bytes, body: bytes, key: bytes) -> dict:
    """The message of a frame."""
    if len(start) != START or len(body) != body_length(start):
        raise ProtocolError("a frame ends before its length")
    if not compare_digest(start[LENGTH.size :], seal(body, key)):
        raise ProtocolError("a frame has not the seal of its sender")
    return message_of(body)


def message_of(body: bytes) -> dict:
    """The message of a body; ProtocolError for a malformed one."""
    if len(body) < LENGTH.size:
        raise ProtocolError("a frame is too short to tell the length of its header")
    (length,) = LENGTH.unpack_from(body)
    if length > min(len(body) - LENGTH.size, LARGEST_HEADER):
        raise ProtocolError(f"a header claims {length:,} bytes, more than there are or may be")
    numbers = Numbers(memoryview(body)[LENGTH.size + length :])
    try:
        header = loads(body[LENGTH.size : LENGTH.size + length].decode("utf-8"))
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise ProtocolError("a header is no JSON") from error
    message = unpacked(header, numbers)
    if type(message) is not dict:
        raise ProtocolError("a message is no dict")
    if numbers.rest:
        raise ProtocolError(f"{len(numbers.rest):,} bytes belong to no array")
    return message


def packed(value, raw: list[bytes]):
    """A value as JSON knows it; what it holds as bytes is added to `raw`."""
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is float:
        return ["float", value.hex()]  # exact, NaN and infinity too
    if kind is str:
        return ["str", value]
    if kind in (tuple, dict) or TUPLES.get(kind.__name__) is kind:
        parts = list(value.items()) if kind is dict else value
        return [kind.__name__, *(packed(part, raw) for part in parts)]
    if kind is bytes:
        raw.append(value)
        return ["bytes", len(value)]
    if kind is ndarray and value.dtype in DTYPES.values():
        raw.append(value.tobytes())  # in C order, whatever its own is
        return ["array", value.dtype.name, *value.shape]
    raise TypeError(f"a {kind.__name__} can't be sent to a student's process: {shortly(value)}")


def unpacked(value, numbers: "Numbers", depth: int = 0):
    """The value that `packed` packed; ProtocolError for what it never makes."""
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is not list or not value or type(value[0]) is not str:
        raise ProtocolError(f"{shortly(value)} has no tag")
    if depth == DEEPEST:
        raise ProtocolError(f"values lie more than {DEEPEST} deep within each other")
    tag, *parts = value
    if tag in ("array", "bytes"):
        return numbers.array(parts) if tag == "array" else numbers.taken(parts)
    if tag in ("float", "str"):
        return scalar(tag, parts)
    whole = tuple(unpacked(part, numbers, depth + 1) for part in parts)
    if tag == "tuple":
        return whole
    if tag == "dict":
        return dict_of(whole)
    if tag not in TUPLES:
        raise ProtocolError(f"{shortly(tag)} is no tag")
    if len(whole) != len(TUPLES[tag]._fields):
        raise ProtocolError(f"a {tag} has {len(TUPLES[tag]._fields)} fields, not {len(whole)}")
    return TUPLES[tag](*whole)


def scalar(tag: str, parts: list) -> float | str:
    """What stands behind one of the tags "float" and "str"."""
    if len(parts) != 1 or type(parts[0]) is not str:
        raise ProtocolError(f"{shortly(parts)} is no {tag}")
    if tag == "str":
        return parts[0]
    try:
        return float.fromhex(parts[0])
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"{shortly(parts[0])} is no float") from error


def dict_of(items: tuple) -> dict:
    """Pairs as a dict; its keys are words, each once."""
    if not all(type(item) is tuple and len(item) == 2 and type(item[0]) is str for item in items):
        raise ProtocolError("a dict holds something else than a word and its value")
    found = dict(items)
    if len(found) != len(items):
        raise ProtocolError("a dict has a word twice")
    return found


class Numbers:
    """The bytes behind the header, taken from the front."""

    def __init__(self, rest: memoryview):
        self.rest = rest

    def taken(self, parts: list) -> bytes:
        """The next bytes, as many as `parts` says."""
        (size,) = sizes(parts) if len(parts) == 1 else (0,)
        if len(parts) != 1 or size > len(self.rest):
            raise ProtocolError(f"there are not {shortly(parts)} more bytes")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return bytes(taken)

    def array(self, parts: list) -> ndarray:
        """A new array; nothing is allocated before its bytes are known to be there."""
        kind, *shape = parts or [None]
        if type(kind) is not str or kind not in DTYPES:
            raise ProtocolError(f"{shortly(kind)} is no dtype of an array that may be sent")
        shape = sizes(shape)
        count = math.prod(shape)
        taken = self.taken([count * DTYPES[kind].itemsize])
        if kind == "bool" and max(set(taken), default=0) > 1:
            raise ProtocolError("a bool is neither 0 nor 1")
        try:
            array = frombuffer(taken, DTYPES[kind]) if count else zeros(0, DTYPES[kind])
            return array.reshape(shape).copy()
        except ValueError as error:  # no numbers, and axes that no array can have
            raise ProtocolError(f"{shortly(shape)} is no shape of an array") from error


def sizes(parts: list) -> tuple[int, ...]:
    """Non-negative whole numbers, such as a shape."""
    if len(parts) > MOST_AXES or not all(type(n) is int and 0 <= n < 1 << 40 for n in parts):
        raise ProtocolError(f"{shortly(parts)} is no shape")
    return tuple(parts)
