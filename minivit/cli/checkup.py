"""What `minivit doctor` looks at: plain facts, and a sentence for each that is off."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import minivit
from minivit.machine import cpu_name, installed
from minivit.threads import BLAS_VARIABLES, available_threads, thread_count

WIDTHS = {64: "AVX-512", 32: "AVX2", 16: "128 bits"}  # bytes of a vector in the kernels
SLOWING = {  # settings of Numba's, and the words that leave the kernels as they are
    "NUMBA_DISABLE_JIT": ("0",), "NUMBA_OPT": ("3", "max"), "NUMBA_BOUNDSCHECK": ("0",),
    "NUMBA_DEBUGINFO": ("0",), "NUMBA_DEBUG": ("0",), "NUMBA_DEBUG_CACHE": ("0",),
    "NUMBA_DEBUG_ARRAY_OPT": ("0",), "NUMBA_DEVELOPER_MODE": ("0",), "NUMBA_DUMP_IR": ("0",),
    "NUMBA_DUMP_LLVM": ("0",), "NUMBA_DUMP_ASSEMBLY": ("0",), "NUMBA_CPU_NAME": ("host",),
    "NUMBA_CPU_FEATURES": (), "NUMBA_ENABLE_AVX": ("1",), "NUMBA_LOOP_VECTORIZE": ("1",),
}  # fmt: skip


def versions() -> dict:
    """Of all that the speed depends on; None: not installed."""
    import numpy

    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "minivit": minivit.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "numba": installed("numba"),
        "llvmlite": installed("llvmlite"),
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
    }


def processor(kernels: ModuleType | None) -> dict:
    facts = {"name": cpu_name(), "system": f"{platform.system()} {platform.machine()}"}
    if kernels is not None:
        from minivit.kernels.simd import VECTOR_BYTES

        facts["vectors"] = f"{WIDTHS[VECTOR_BYTES]}, {VECTOR_BYTES // 4} numbers of float32"
    return facts


def threads(kernels: ModuleType | None) -> dict:
    """Asked for after the kernels have run once: only then has Numba chosen a layer."""
    facts = {
        "processors": available_threads(),
        "threads": thread_count(),
        "blas threads": next((os.environ[v] for v in BLAS_VARIABLES if v in os.environ), None),
    }
    if kernels is not None:
        from minivit.kernels.compiling.entrance import layer_and_threads

        facts["layer"], facts["kernel threads"] = layer_and_threads()
    return facts


def cache(kernels: ModuleType | None) -> dict:
    if kernels is None:
        return {}
    from minivit.kernels.compiling import cache as where
    from minivit.kernels.compiling.start import CACHE

    old = where.old_folders()
    return {
        "folder": CACHE and str(CACHE),
        "state": "off" if CACHE is None else "in use",
        "files": 0 if CACHE is None else sum(1 for _ in CACHE.rglob("*.nbc")),
        "bytes": 0 if CACHE is None else where.size(CACHE),
        "old folders": len(old),
        "old bytes": sum(map(where.size, old)),
        "why off": where.why_none() if CACHE is None else None,
        "temporary": CACHE is not None and where.temporary_folder() in CACHE.parents,
    }


def product(kernels: ModuleType | None) -> dict:
    """Who multiplies, and what both sides reach."""
    if kernels is None:
        return {}
    from minivit.kernels.product import choice

    asked, speeds = choice.asked(), choice.speeds()
    if asked == "auto":
        reason = 'chosen by "auto", which measured both'
    elif os.environ.get("MINIVIT_MATMUL"):
        reason = "asked for by MINIVIT_MATMUL"
    else:
        reason = "the default: this processor has no hardware that only a BLAS can use"
    return {
        "chosen": choice.chosen(), "reason": reason,
        "numba GFLOP/s": round(speeds.numba, 1), "blas GFLOP/s": round(speeds.blas, 1),
    }  # fmt: skip


def self_test(kernels: ModuleType | None) -> list:
    """Every kernel against its op, in both dtypes."""
    from minivit.checking.twins import compare

    dtypes = () if kernels is None else ("float32", "float64")
    return [twin for dtype in dtypes for twin in compare(kernels, dtype)]


def advice(facts: dict) -> Iterator[str]:
    """A sentence for each thing that is off: what it is, and what to do."""
    if facts["trouble"]:
        has = facts["versions"]["numba"]
        what = "`pip install --upgrade numba`" if has else "`pip install numba`"
        yield (
            f"Numba can't be used ({facts['trouble']}), so that all runs on NumPy, several times "
            f"slower: {what}, and if that does not help, install a NumPy that it knows."
        )
    for name, harmless in SLOWING.items():
        if os.environ.get(name, "") not in ("", *harmless):
            yield f"{name} is set, and slows the kernels down: unset it."
    yield from thread_advice(facts["threads"])
    yield from cache_advice(facts["cache"])
    wrong = [twin for twin in facts["self-test"] if not twin.ok]
    if wrong:
        names = ", ".join(f"{twin.op} in {twin.dtype}" for twin in wrong)
        yield (
            f"kernels differ from their ops: {names}. Set MINIVIT_BACKEND=numpy until this is "
            "mended, and report it with the output of `minivit doctor --json`."
        )


def thread_advice(facts: dict) -> Iterator[str]:
    count, processors, quota = facts["threads"], facts["processors"], processor_quota()
    if quota and count > quota + 0.5:
        yield (
            f"{count} threads run, and this container gets the time of {quota:g} processors: set "
            f"MINIVIT_NUM_THREADS={max(1, round(quota))}."
        )
    elif count < processors and not (quota and quota < processors):
        yield (
            f"{count} of {processors} processors are used: unset MINIVIT_NUM_THREADS, unless the "
            "others have work of their own."
        )
    if count > processors:
        yield (
            f"{count} threads share {processors} processors and wait for each other: set "
            f"MINIVIT_NUM_THREADS={processors}, or unset it."
        )
    given = facts.get("kernel threads", count)
    if given != count:
        yield (
            f"the kernels run on {given} threads, and {count} were asked for: unset "
            f"NUMBA_NUM_THREADS, or set it to {count}."
        )


def cache_advice(facts: dict) -> Iterator[str]:
    if facts.get("state") == "off" and facts["why off"].startswith("MINIVIT_CACHE"):
        yield (
            "the cache of kernels is off by MINIVIT_CACHE=0, and every command compiles them anew: "
            "unset it."
        )
    elif facts.get("state") == "off":
        yield (
            f"compiled kernels can't be kept ({facts['why off']}), and every command compiles them "
            "anew: set XDG_CACHE_HOME to a folder that you may write."
        )
    elif facts.get("temporary"):
        yield (
            f"compiled kernels lie in {facts['folder']}, which the next start of the machine may "
            "empty: set XDG_CACHE_HOME to a folder that you may write."
        )


def processor_quota() -> float | None:
    """Processors' worth of time that a Linux container may use; None without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None
