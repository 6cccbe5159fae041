"""A request out and an answer back, through pipes whose other side may do what it likes.

It may never read, never answer, answer by half or not in frames: nothing of that makes us wait for
longer than we have.
"""

import os
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from minivit.checking.student.isolation.protocol import START, body_length

CAN_WATCH = os.name == "posix"
PART = 1 << 16  # bytes that are read or written at once


class Late(Exception):
    """There is no answer in time."""


class Closed(Exception):
    """The other side has closed its pipe: the process is gone."""


def exchanged(requests: int, answers: int, data: bytes, seconds: float, kill: Callable):
    """Write a request, read the frame that follows: its start and its body.

    Raises Late, Closed, or the ProtocolError of a frame that is too long. `kill` ends the process,
    where pipes can't be watched (on Windows).
    """
    if CAN_WATCH:
        return watched(requests, answers, data, time.monotonic() + seconds)
    with killed_after(seconds, kill) as late:
        try:
            while data:
                data = data[os.write(requests, data) :]
            return frame_from(lambda count: os.read(answers, count))
        except (OSError, Closed) as error:
            raise Late if late.is_set() else Closed from error


def watched(requests: int, answers: int, data: bytes, deadline: float) -> tuple[bytes, bytes]:
    """The exchange, with an eye on both pipes and on the clock."""
    data = memoryview(data)
    os.set_blocking(requests, False)
    with selectors.DefaultSelector() as selector:
        selector.register(answers, selectors.EVENT_READ)
        if data:
            selector.register(requests, selectors.EVENT_WRITE)

        def read(count: int) -> bytes:
            nonlocal data
            while (left := deadline - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(left)}
                if answers in ready:
                    return os.read(answers, count)
                if requests in ready:
                    data = written(requests, data)
                    if not data:
                        selector.unregister(requests)
            raise Late

        return frame_from(read)


def written(pipe: int, data: memoryview) -> memoryview:
    """Write a part of the data; what is left of it."""
    try:
        return data[os.write(pipe, data[:PART]) :]
    except BlockingIOError:
        return data
    except BrokenPipeError as error:
        raise Closed from error


def frame_from(read: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """The two parts of a frame, from a function that reads up to so many bytes."""

    def all_of(count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            part = read(min(count - len(found), PART))
            if not part:
                raise Closed
            found += part
        return bytes(found)

    start = all_of(START)
    return start, all_of(body_length(start))


@contextmanager
def killed_after(seconds: float, kill: Callable) -> Iterator[threading.Event]:
    """End the process when the time is over; the event tells whether that was so."""
    late = threading.Event()
    timer = threading.Timer(seconds, lambda: (late.set(), kill()))
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()
