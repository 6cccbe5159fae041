"""A student's process: it loads their file, and turns arrays into arrays on request.

It is started by the supervisor, as `python -I -c "... main()"`, with its requests in stdin and the
answers to stdout; both are moved out of the way before the student's code sees them. It only tells
what happened. What that means is decided by the checker, in another process.
"""

import os
from collections import OrderedDict
from os import _exit, read, write

from numpy import errstate, ndarray

from minivit import ops as reference
from minivit.checking.student.isolation import protocol
from minivit.checking.student.isolation.forbidden import forbid
from minivit.checking.student.isolation.guards import Lender, Watch
from minivit.checking.student.isolation.hiding import die_with_parent, hidden, limit_files
from minivit.checking.student.isolation.loading import borrowed, defined, loaded, parsed, signatures
from minivit.checking.student.isolation.results import (
    arrays_in,
    described,
    state,
    trouble,
    values_of,
    what,
)

CACHES, EARLIER = 64, 8  # how many are kept


def main() -> None:
    """Answer requests until their pipe is closed."""
    requests, answers = hidden(0, os.open(os.devnull, os.O_RDONLY)), hidden(1, 2)
    hello = receive(requests, b"")
    key = hello["key"]
    die_with_parent()
    limit_files(hello["files"])
    send(answers, {"ready": True}, key)
    student = Student()
    while True:
        request = receive(requests, key)
        try:
            answer = getattr(student, request["ask"])(**request["request"])
        except BaseException as error:  # SystemExit and KeyboardInterrupt, too
            answer = {"trouble": trouble(error, student.path)}
        send(answers, student.checked(answer) | {"number": request["number"]}, key)


def receive(pipe: int, key: bytes) -> dict:
    """The next request; the process ends when there is none."""
    start = all_of(pipe, protocol.START)
    return protocol.opened(start, all_of(pipe, protocol.body_length(start)), key)


def all_of(pipe: int, count: int) -> bytes:
    parts = []
    while count:
        parts.append(read(pipe, min(count, 1 << 20)))
        if not parts[-1]:
            _exit(0)
        count -= len(parts[-1])
    return b"".join(parts)


def send(pipe: int, message: dict, key: bytes) -> None:
    data = memoryview(protocol.frame(message, key))
    try:
        while data:
            data = data[write(pipe, data) :]
    except OSError:  # the pipe was closed, on either side
        _exit(1)


class Student:
    """The student's functions, what they remember, and what must not have changed."""

    def __init__(self):
        self.path, self.names = "", {}
        self.caches: OrderedDict[int, object] = OrderedDict()
        self.earlier: list[tuple[ndarray, bytes]] = []  # arrays that were returned, as they were
        self.lender, self.watch = Lender(), None

    def load(self, source: bytes, path: str, op: str, ops: tuple[str, ...], folder: str) -> dict:
        """Load the file; tell which of `ops` it defines, and which it takes from minivit."""
        self.path, self.watch = path, Watch()
        forbid(folder)
        tree = parsed(source, path)
        taken = borrowed(tree, ops)
        with self.lender.withheld(op):
            self.names = loaded(tree, path)
        found = defined(self.names, ops)
        return {"defined": found, "takes": signatures(self.names, found), "borrowed": taken}

    def forward(self, op: str, inputs: tuple, options: dict) -> dict:
        """Call OP_forward; its cache stays here."""
        result, facts = self.called(op, "forward", inputs, options)
        values, handle = values_of(result), None
        if issubclass(type(result), tuple) and len(values) == 2:
            values, handle = values[:1], self.kept(values[1])
        return facts | self.told(values, arrays_in(inputs, options)) | {"handle": handle}

    def backward(self, op: str, dy: ndarray, handle: int, options: dict) -> dict:
        """Call OP_backward with a cache that is kept here."""
        result, facts = self.called(op, "backward", (dy, self.caches[handle]), options)
        return facts | self.told(values_of(result), {"dy": dy}) | {"handle": None}

    def reference(self, op: str, inputs: tuple, options: dict) -> dict:
        """Keep the cache that minivit's own forward makes, for a backward that stands alone."""
        with errstate(all="ignore"):
            _, cache = getattr(reference, f"{op}_forward")(*inputs, **options)
        return {"handle": self.kept(cache)}

    def called(self, op: str, way: str, inputs: tuple, options: dict) -> tuple[object, dict]:
        """What a function returns, and whether it wrote into what it was given."""
        given = arrays_in(inputs, options) if way == "forward" else {"dy": inputs[0]}
        before = {name: state(array) for name, array in given.items()}
        with self.lender.withheld(op):
            result = self.names[f"{op}_{way}"](*inputs, **options)
        written = tuple(name for name, array in given.items() if state(array) != before[name])
        overwritten = any(state(array) != then for array, then in self.earlier)
        if overwritten:  # told once: the next call is not to blame
            self.earlier = [(array, state(array)) for array, _ in self.earlier]
        return result, {"form": what(result), "written": written, "overwrites": overwritten}

    def told(self, values: tuple, given: dict) -> dict:
        """The values as they are sent; the arrays among them are watched from now on."""
        facts = tuple(described(value, given) for value in values)
        arrays = [fact["array"] for fact in facts if fact["array"] is not None]
        self.earlier = (self.earlier + [(array, state(array)) for array in arrays])[-EARLIER:]
        return {"values": facts}

    def kept(self, cache) -> int:
        handle = next(reversed(self.caches), 0) + 1
        self.caches[handle] = cache
        if len(self.caches) > CACHES:
            self.caches.popitem(last=False)
        return handle

    def checked(self, answer: dict) -> dict:
        """The answer, unless the student's code reached for what it may not use."""
        if self.lender.asked_for:
            name, self.lender.asked_for = self.lender.asked_for, ""
            return {"trouble": {"kind": "Borrowed", "name": name, "text": "", "line": None}}
        change = self.watch and self.watch.change()
        if change:
            return {"trouble": {"kind": change[0], "name": change[1], "text": "", "line": None}}
        return answer
