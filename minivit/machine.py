"""Facts of the machine that speed depends on: the processor's name, and what is installed."""

import os
import platform
import sys
from pathlib import Path

from minivit import __version__
from minivit.threads import available_threads

PACKAGES = ("numpy", "numba", "torch")
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON", "sse2": "SSE2"}
# Variables that hold a side to fewer instructions than the CPU has: the machine line tells them.
HOLDS = (
    "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS", "ATEN_CPU_CAPABILITY",
)  # fmt: skip


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


def machine(threads: int) -> dict:
    """CPU, cores, threads, system and versions, in plain values."""
    return {
        "cpu": cpu_name(),
        "vectors": vectors(),
        "cores": available_threads(),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "minivit": __version__,
            "python": platform.python_version(),
            **{name: found for name in PACKAGES if (found := installed(name))},
        },
        "held_to": {name: os.environ[name] for name in HOLDS if name in os.environ},
    }


def line(facts: dict) -> str:
    """What `machine` returns, on one line: so that a figure can be judged."""
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    held = "".join(f"; {name}={value}" for name, value in facts["held_to"].items())
    return (
        f"{facts['cpu']} ({facts['vectors']}), {counted(facts['cores'], 'core')}, "
        f"{counted(facts['threads'], 'thread')}, {facts['system']}; {versions}{held}"
    )


def counted(number: int, what: str) -> str:
    """2 cores, 1 core."""
    return f"{number} {what}{'s' * (number != 1)}"


def busy(threads: int) -> str | None:
    """A sentence of warning when other programs compute already; None when the machine is free."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    if available_threads() - load >= threads - 0.5:
        return None
    return (
        f"the load of this machine is {load:.1f}: other programs compute on it, and what is "
        "measured now means little. Repeat it when they are done"
    )


def vectors() -> str:
    """The widest vector instructions that the processor has."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "NEON"
    facts = cpu_facts()
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    return next((name for flag, name in VECTORS.items() if flag in flags), "vectors unknown")


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
