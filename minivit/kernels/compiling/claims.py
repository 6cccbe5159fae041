"""Of two processes that share the folder, one compiles a function, and the other waits for it.

Who compiles a function locks one byte of a file beside the folder; at which place, the name of the
function's own file says. The system opens the lock when a process ends, however it ends. No two
processes wait for each other: each waits for a function that those call which it is compiling, and
none calls itself. Nobody waits for more than PATIENCE seconds in all, then he compiles everything
himself: the other may have been stopped, not ended. So he does where nothing can be locked.
"""

import contextlib
import functools
import os
import time
from hashlib import sha256
from pathlib import Path

from minivit.processes import started

try:
    import fcntl
except ImportError:  # Windows: two processes may compile the same
    fcntl = None

NAME = "claims"
# Seconds: in all, and between two looks. Processes that train together wait for each other anyway,
# in every step: one of them compiles, however long it takes.
PATIENCE, LOOK = 30.0 if started() == 1 else 600.0, 0.005

_waited = 0.0


def claim(file: Path, waiting=contextlib.nullcontext) -> None:
    """Lock the name of a file of code, once nobody else has it locked; `waiting`: a block."""
    global _waited
    if try_claim(file):
        return
    with waiting():
        while _waited < PATIENCE and not try_claim(file):
            time.sleep(LOOK)
            _waited += LOOK


def try_claim(file: Path) -> bool:
    """Lock the name, unless another process has: then False."""
    locks = _locks(file.parents[1] / NAME)
    try:
        if locks is not None:
            fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(file))
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        pass
    return True


def release(file: Path) -> None:
    """Unlock it, if it is locked."""
    locks = _locks(file.parents[1] / NAME)
    with contextlib.suppress(OSError):
        if locks is not None:
            fcntl.lockf(locks, fcntl.LOCK_UN, 1, _place(file))


def release_all(folder: Path) -> None:
    """Unlock all that this process has locked: nothing came of it."""
    locks = _locks(folder.parent / NAME)
    with contextlib.suppress(OSError):
        if locks is not None:
            fcntl.lockf(locks, fcntl.LOCK_UN)


def _place(file: Path) -> int:
    return int.from_bytes(sha256(file.name.encode()).digest()[:4]) >> 1


@functools.cache  # opened once: whoever closes a file unlocks all that his process has locked in it
def _locks(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600) if fcntl else None
    except OSError:
        return None
