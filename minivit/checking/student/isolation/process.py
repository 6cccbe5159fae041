"""The checker's side of a student's process: calls, each with a time limit, and what went wrong.

    with StudentProcess("student.py", op="layernorm") as student:
        answer = student.forward("layernorm", (x, gamma, beta), {"eps": 1e-5})
        dx, dgamma, dbeta = student.backward("layernorm", dy, answer.cache).values

A call returns an Answer or raises Failed, whose sentence says why. After a failure that ended the
process the next call starts another one; handles of caches do not survive that.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.checking.calls import OPS
from minivit.checking.student.isolation import protocol, sentences
from minivit.checking.student.isolation.answers import (
    Answer,
    Failed,
    Handle,
    answer_of,
    expected,
    names,
)
from minivit.checking.student.isolation.pipes import Closed, Late, exchanged
from minivit.checking.student.isolation.starting import USUAL, End, Limits, Started

STARTUP = 60.0  # seconds until a process is ready, on the slowest machine
GRACE = 5.0  # seconds for a process that closed its pipe to be gone
LARGEST = 1 << 20  # bytes of a student's file
FOUND = "defined", "borrowed", "takes"  # what an answer to "load" tells


class Takes(NamedTuple):
    """The parameters of a function; "*" and "**" stand for any others."""

    places: tuple[str, ...]  # that may be given by place
    words: tuple[str, ...]  # that are given by name alone


class Defined(NamedTuple):
    """What a file defines of an op."""

    ways: tuple[str, ...]  # "forward", "backward", or both
    borrowed: int | None  # the line that takes minivit's own, if there is one
    takes: Mapping[str, Takes]  # {way: its parameters}


NOTHING = Defined((), None, {})


class StudentProcess:
    """A student's file in a process of its own. `op` is under test: minivit's own is withheld."""

    def __init__(
        self, path: str | Path, *, op: str | None = None, seconds: float = 10.0,
        limits: Limits = USUAL, source: bytes | None = None,
    ):  # fmt: skip
        if op is not None and op not in OPS:
            raise ValueError(f"{op!r} is no op: expected one of {', '.join(OPS)}")
        self.path, self.op, self.seconds, self.limits = Path(path), op, seconds, limits
        self.source = source  # read from the path unless it is given
        self.started: Started | None = None
        self.starts = self.number = 0  # of processes, and of requests
        self.swept = 0  # processes that the code started, and that were killed
        self.unlimited = ""  # what this system can't limit, in words
        self.printed = ""  # the first lines that the code printed, in the last process
        self.found: dict[str, Defined] = {}

    def __enter__(self) -> "StudentProcess":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self, grace: float = 0.0) -> End:
        """End the process and all that it started; how it ended."""
        if self.started is None:
            return End()
        started, self.started = self.started, None
        end = started.stop(grace)
        self.swept += end.processes
        self.printed = sentences.lines(*started.last_words)
        return end

    def ops(self) -> dict[str, Defined]:
        """The ops that the file defines, in the order of minivit.checking.calls.OPS."""
        self.load()
        return self.found

    def forward(self, op: str, inputs: tuple, options: Mapping | None = None) -> Answer:
        """Call OP_forward(*inputs, **options); the cache stays there, as answer.cache."""
        request = {"op": op, "inputs": tuple(inputs), "options": dict(options or {})}
        return self.call(op, "forward", request)

    def backward(
        self, op: str, dy: np.ndarray, cache: Handle, options: Mapping | None = None
    ) -> Answer:
        """Call OP_backward(dy, cache, **options) with a cache that a call before has kept."""
        self.load()
        if cache.process != self.starts:
            raise ValueError("the cache was lost with the process that kept it: run the forward")
        request = {"op": op, "dy": dy, "handle": cache.number, "options": dict(options or {})}
        return self.call(op, "backward", request)

    def reference(self, op: str, inputs: tuple, options: Mapping | None = None) -> Handle:
        """The cache of minivit's own forward, made there, for a backward that stands alone."""
        self.load()
        request = {"op": op, "inputs": tuple(inputs), "options": dict(options or {})}
        answer = self.ask("reference", request, self.seconds, "minivit's own forward")
        return Handle(self.understood(expected, answer, "handle", (int,)), self.starts)

    def call(self, op: str, way: str, request: dict) -> Answer:
        self.load()
        name, found = f"{op}_{way}", self.found.get(op, NOTHING)
        if found.borrowed:
            raise Failed("borrowed", sentences.imported(op, found.borrowed), line=found.borrowed)
        if way not in found.ways:
            raise Failed("missing", f"the file does not define {name}")
        return self.understood(answer_of, self.ask(way, request, self.seconds, name), self.starts)

    def load(self) -> None:
        """Start a process and load the file there, unless one is ready."""
        if self.started is not None:
            return
        if self.source is None:
            self.source = read(self.path)
        self.starts, self.key = self.starts + 1, os.urandom(32)
        self.started = Started(self.limits)
        hello = {"key": self.key, "files": self.limits.files}
        doing = "the process's start"
        if "ready" not in self.exchange(protocol.frame(hello, b""), STARTUP, doing):
            raise self.malformed(doing, "it is not ready")
        self.unlimited = self.started.unlimited()
        request = {"source": self.source, "path": str(self.path), "op": self.op or "",
                   "ops": tuple(OPS), "folder": self.started.folder}  # fmt: skip
        try:
            answer = self.ask("load", request, self.seconds, sentences.LOADING)
        except Failed:
            self.close()
            raise
        self.found = self.understood(found_in, answer)

    def ask(self, what: str, request: dict, seconds: float, doing: str) -> dict:
        """Send a request; the answer to it. Raises Failed for what it says of troubles."""
        self.number += 1
        message = {"ask": what, "number": self.number, "request": request}
        answer = self.exchange(protocol.frame(message, self.key), seconds, doing)
        if answer.get("number") != self.number:
            raise self.malformed(doing, "it answers another request")
        if self.started.printed(0)[1] >= self.limits.written:
            self.close()
            raise Failed("printed", sentences.printed(doing, self.limits))
        if "trouble" in answer:
            failed = self.understood(sentences.failed, answer["trouble"], doing, self.limits)
            if failed.kind in ("ended", "numpy", "minivit"):
                self.close()
            raise failed
        return answer

    def exchange(self, data: bytes, seconds: float, doing: str) -> dict:
        """A frame out, and a message back; the process is ended if none comes."""
        process = self.started.process
        pipes = process.stdin.fileno(), process.stdout.fileno()
        try:
            frame = exchanged(*pipes, data, seconds, process.kill)
            return protocol.opened(*frame, self.key)
        except Late:
            end, late = self.close(), seconds
        except Closed:
            end, late = self.close(GRACE), None
        except protocol.ProtocolError as error:
            raise self.malformed(doing, error) from error
        except BaseException:  # Ctrl-C: half a frame is on its way
            self.close()
            raise
        raise sentences.ended(end, late, doing, self.limits)

    def understood(self, reader, *arguments):
        """What a reader makes of an answer; a process whose answers can't be read is ended."""
        try:
            return reader(*arguments)
        except protocol.ProtocolError as error:
            raise self.malformed("a call", error) from error

    def malformed(self, doing: str, why) -> Failed:
        self.close()
        return Failed("malformed", f"what came back from {doing} is no answer: {why}")


def read(path: Path) -> bytes:
    """The source; Failed unless it is a file of ordinary length that can be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Failed("file", "the file can't be read: it is no file but a folder or the like")
        with open(path, "rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise Failed("file", f"the file can't be read: {error.strerror}") from error
    if len(source) > LARGEST:
        raise Failed("file", f"the file is longer than {LARGEST:,} bytes")
    return source


def found_in(answer: dict) -> dict[str, Defined]:
    """What a file defines, in the order of OPS; ProtocolError for an answer that tells no such."""
    told, lines, takes = (expected(answer, name, (dict,)) for name in FOUND)
    found = {}
    for op in (op for op in OPS if op in told):
        ways = tuple(w for w in ("forward", "backward") if w in expected(told, op, (tuple,)))
        line = expected(lines, op, (int,)) if op in lines else None
        found[op] = Defined(ways, line, {way: taken(takes, f"{op}_{way}") for way in ways})
    return found


def taken(takes: dict, function: str) -> Takes:
    parameters = expected(takes, function, (dict,))
    return Takes(names(parameters, "places"), names(parameters, "words"))
