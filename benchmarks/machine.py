"""The machine line: which CPU, how many cores, which versions, so that a figure can be judged."""

import os
import platform
import sys

import minivit
from minivit.machine import cpu_facts, cpu_name, installed
from minivit.threads import available_threads

PACKAGES = ("numpy", "numba", "torch")
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON", "sse2": "SSE2"}
# Variables that hold a side to fewer instructions than the CPU has: the machine line tells them.
HOLDS = (
    "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS", "ATEN_CPU_CAPABILITY",
)  # fmt: skip


def machine(threads: int) -> dict:
    """CPU, cores, threads, system and versions, in plain values."""
    return {
        "cpu": cpu_name(),
        "vectors": vectors(),
        "cores": available_threads(),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "minivit": minivit.__version__,
            "python": platform.python_version(),
            **{name: found for name in PACKAGES if (found := installed(name))},
        },
        "held_to": {name: os.environ[name] for name in HOLDS if name in os.environ},
    }


def busy(threads: int) -> str | None:
    """A sentence of warning when other programs compute already; None when the machine is free."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    if available_threads() - load >= threads - 0.5:
        return None
    return (
        f"the load of this machine is {load:.1f}: other programs compute on it, and what is "
        "measured now means little. Repeat it when they are done"
    )


def line(machine: dict) -> str:
    """What `machine` returns, on one line."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    held = "".join(f"; {name}={value}" for name, value in machine["held_to"].items())
    return (
        f"{machine['cpu']} ({machine['vectors']}), {machine['cores']} cores, "
        f"{machine['threads']} threads, {machine['system']}; {versions}{held}"
    )


def vectors() -> str:
    """The widest vector instructions that the processor has."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "NEON"
    facts = cpu_facts()
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    return next((name for flag, name in VECTORS.items() if flag in flags), "vectors unknown")
