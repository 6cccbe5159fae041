"""How a student's process keeps its pipes to itself, and ends with the process that started it."""

import ctypes
import os
import signal
import sys

try:
    import fcntl
    import resource
except ImportError:  # Windows
    fcntl = resource = None

PR_SET_PDEATHSIG = 1
HIGHEST = 60_000


def hidden(pipe: int, replacement: int) -> int:
    """The pipe under a number that nobody meets by accident; `replacement` is in its old place."""
    if fcntl is None:
        moved = os.dup(pipe)
    else:
        most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], HIGHEST)
        lowest = most // 4 + int.from_bytes(os.urandom(4)) % (most // 2)
        moved = fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.dup2(replacement, pipe)
    return moved


def limit_files(most: int) -> None:
    """Limit the open files, once the pipes have their numbers, which may lie above that."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def die_with_parent() -> None:
    """On Linux: SIGKILL when the supervisor ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
