"""How large this process is, and has been at most, in bytes."""

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def resident_now() -> int:
    """Bytes of memory that the process holds now (elsewhere than on Linux: has held at most)."""
    return from_status("VmRSS") if STATUS.exists() else resident_at_most()


def resident_at_most() -> int:
    """The most bytes of memory that the process has held at once."""
    if STATUS.exists():
        # Not ru_maxrss: on Linux a child inherits that from the process that started it.
        return from_status("VmHWM")
    try:
        import resource
    except ImportError as error:
        from minivit.errors import InputError

        raise InputError("this system does not say how much memory a process has used; leave out "
                         "--memory") from error  # fmt: skip
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def from_status(field: str) -> int:
    """One of Linux's figures, which it gives in units of 1024 bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024
