"""The ceilings of this machine: how fast it can multiply and add, and how fast it can read memory.

The first is a loop of multiply-adds that touches nothing but registers: the kernels' own tile,
with strides of 0, so that it reads the same few numbers for ever. The second is a copy and a triad
(a = b + s c) over arrays much larger than the caches, counted as programs see them: two and three
arrays (McCalpin's STREAM).
"""

import time
from typing import NamedTuple

import numpy as np

from .options import Options, need_kernels, progress, why_no_kernels
from .rows import row, show
from .sides import Worker
from .timing import time_calls

# Nothing may disturb a ceiling: here the shortest of many times counts, not the median. They are
# spread over two seconds, for virtual machines have been seen at half their speed for one second.
BURSTS, FMA_REPEATS, MEMORY_REPEATS = 4, 75, 3
COLUMNS = {"ceiling": "case", "measured": "ours", "unit": "unit"}


class Ceiling(NamedTuple):
    gflops: float  # float32
    gbytes: float  # GB/s, the better of copy and triad


def measured_ceiling(options: Options) -> Ceiling | None:
    """Both ceilings with this many threads; None without the kernels, whose tile is timed."""
    if why_no_kernels():
        return None
    progress("measuring the ceiling")
    with Worker(CeilingSide, options.tiny, threads=options.threads) as worker:
        return Ceiling(
            worker.ask("gflops", "float32"), max(map(worker.ask, ("copy", "triad")))
        )  # fmt: skip


def measure(options: Options) -> list[dict]:
    """FMA in both precisions, copy and triad; with one thread and with all."""
    need_kernels()
    rows = []
    for threads in sorted({1, options.threads}):
        named = f"{threads} thread{'s' * (threads > 1)}"
        with Worker(CeilingSide, options.tiny, threads=threads) as worker:
            for dtype in ("float32", "float64"):
                progress(f"ceiling: {dtype}, {named}")
                found = worker.ask("gflops", dtype)
                rows.append(
                    row("ceiling", f"multiply-add {dtype}, {named}", "numba", found, "GFLOP/s")
                )
            for what in ("copy", "triad"):
                progress(f"ceiling: {what}, {named}")
                rows.append(row("ceiling", f"{what}, {named}", "numba", worker.ask(what), "GB/s"))
    return rows


def report(rows: list[dict]) -> str:
    return (
        show(rows, COLUMNS)
        + "\n\nA multiply-add counts as 2 FLOPs; a byte as often as a program names it."
    )


class CeilingSide:
    """Runs the loops of `ceiling_loops`; Numba stays in its process."""

    def __init__(self, tiny: bool):
        from . import ceiling_loops

        self.loops = ceiling_loops
        self.steps = 1000 if tiny else 50_000  # 2 ms: short enough that one call runs undisturbed
        self.numbers = 1 << (12 if tiny else 26)  # 256 MiB an array: no cache holds it
        self.pause = 0 if tiny else 0.3  # seconds between bursts

    def gflops(self, dtype: str) -> float:
        """Multiplications and additions, in 10^9 each second."""
        a, b, c = self.loops.operands(dtype)
        seconds = least(
            lambda: self.loops.multiply_adds(a, b, c, self.steps, 0), FMA_REPEATS, self.pause
        )
        return self.loops.flops(dtype, len(c), self.steps) / seconds / 1e9

    def copy(self) -> float:
        return self.gbytes(self.loops.copy, 2)

    def triad(self) -> float:
        return self.gbytes(self.loops.triad, 3)

    def gbytes(self, loop, arrays: int) -> float:
        a, b, c = (np.ones(self.numbers, np.float32) for _ in range(3))
        parts = self.loops.parts()
        seconds = least(lambda: loop(a, b, c, parts), MEMORY_REPEATS, self.pause)
        return arrays * a.nbytes / seconds / 1e9


def least(run, repeats: int, pause: float) -> float:
    """The shortest time of a call, of BURSTS x repeats with a pause after each burst."""
    shortest = []
    for _ in range(BURSTS):
        shortest.append(min(time_calls(run, repeats)))
        time.sleep(pause)
    return min(shortest)
