"""What to do about the things that `minivit doctor` finds off: a sentence for each."""

import os
from collections.abc import Iterator
from pathlib import Path

SLOWING = {  # Numba's settings, and those of their values that do not slow the kernels down
    "NUMBA_DISABLE_JIT": ("0",), "NUMBA_OPT": ("3", "max"), "NUMBA_BOUNDSCHECK": ("0",),
    "NUMBA_DEBUGINFO": ("0",), "NUMBA_DEBUG": ("0",), "NUMBA_DEBUG_CACHE": ("0",),
    "NUMBA_DEBUG_ARRAY_OPT": ("0",), "NUMBA_DEVELOPER_MODE": ("0",), "NUMBA_DUMP_IR": ("0",),
    "NUMBA_DUMP_LLVM": ("0",), "NUMBA_DUMP_ASSEMBLY": ("0",), "NUMBA_CPU_NAME": ("host",),
    "NUMBA_CPU_FEATURES": (), "NUMBA_ENABLE_AVX": ("1",), "NUMBA_LOOP_VECTORIZE": ("1",),
}  # fmt: skip


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
