"""Facts of the machine that speed depends on: the processor's name, and what is installed."""

import platform
from importlib.metadata import PackageNotFoundError, version
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


def installed(package: str) -> str | None:
    """A package's version, without importing it; None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
