"""Facts of the machine that speed depends on: the processor's name, and what is installed."""

import platform
from pathlib import Path


def cpu_name() -> str:
    """The processor's name as the system knows it."""
    return cpu_facts().get("model name") or platform.processor() or platform.machine()


def cpu_facts() -> dict[str, str]:
    """What Linux says of the first core, by name; nothing elsewhere."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (row.partition(":") for row in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def free_memory() -> int | None:
    """Bytes that a process may still take, in its container if that has a limit; None: unknown."""
    known = [free for free in (free_of_machine(), free_of_container()) if free is not None]
    return min(known, default=None)


def free_of_machine() -> int | None:
    """What Linux calls available: free, or held only until somebody needs it."""
    try:
        rows = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [int(row.split()[1]) * 1024 for row in rows if row.startswith("MemAvailable:")]
    return found[0] if found else None


def free_of_container(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What is left of a container's limit (cgroup v2); files that are only cached count as free."""
    try:
        limit, used = ((folder / f"memory.{name}").read_text() for name in ("max", "current"))
        rows = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return None
    if not limit.strip().isdigit():  # "max": there is none
        return None
    cached = sum(int(row.split()[1]) for row in rows if row.startswith("inactive_file "))
    return max(0, int(limit) - int(used) + cached)


def peak_memory() -> int | None:
    """The most bytes of memory that this process has had at once so far; None: unknown."""
    try:
        rows = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        rows = []
    found = [int(row.split()[1]) * 1024 for row in rows if row.startswith("VmHWM:")]
    if found:
        return found[0]
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def installed(package: str) -> str | None:
    """A package's version, without importing it; None if it is not there."""
    from importlib.metadata import PackageNotFoundError, version  # 30 ms: few commands ask

    try:
        return version(package)
    except PackageNotFoundError:
        return None
