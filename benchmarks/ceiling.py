"""The ceilings of this machine: how fast it can multiply and add, and how fast it can read memory.

The first is a loop of multiply-adds that touches nothing but registers: the kernels' own tile,
with strides of 0, so that it reads the same few numbers for ever; for bf16 it is the kernels' block
on data that stays in a first-level cache. The second is a copy and a triad (a = b + s c) over
arrays much larger than the caches, counted as programs see them: two and three arrays (McCalpin's
STREAM).
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from .options import Options, need_kernels, progress, why_no_kernels
from .rows import row, show
from .sides import Worker
from .timing import time_calls

# Nothing may disturb a ceiling: here the shortest of many times counts, not the median, and the
# best of several bursts: virtual machines have been seen at half their speed for seconds.
BURSTS, FMA_REPEATS, MEMORY_REPEATS = 4, 75, 3
KINDS = ("float32", "float64", "bf16")  # of multiply-adds, in GFLOP/s
COLUMNS = {"ceiling": "case", "measured": "ours", "unit": "unit"}


class CeilingTurns:
    """The ceilings of some kinds, in turns between what is timed: the best of all turns counts.

    `ask` measures one kind for a moment. Without kinds there is nothing to measure, nor to share.
    """

    def __init__(self, ask: Callable[[str], float], kinds: tuple[str, ...], pause: float = 0.0):
        self.ask, self.pause = ask, pause  # seconds between turns that follow one another
        self.best = dict.fromkeys(kinds, 0.0)

    def turn(self) -> None:
        """Measure each kind once more."""
        for kind in self.best:
            self.best[kind] = max(self.best[kind], self.ask(kind))

    def again(self) -> None:
        """Several turns, spread over a second or two."""
        for _ in range(BURSTS):
            self.turn()
            time.sleep(self.pause)

    def share(self, rate: float, kind: str = "float32") -> float | None:
        """Which share of the ceiling a rate is; None if that is not known."""
        best = self.best.get(kind)
        return rate / best if best else None


@contextlib.contextmanager
def ceiling_turns(options: Options, *kinds: str) -> Iterator[CeilingTurns]:
    """A process that measures these kinds when it is asked; none without the kernels.

    "memory" is the better of copy and triad, in GB/s. "bf16" stays 0 without an instruction.
    """
    if why_no_kernels():
        yield CeilingTurns(lambda kind: 0.0, ())
        return
    with Worker(CeilingSide, options.tiny, threads=options.threads) as worker:
        turns = CeilingTurns(partial(worker.ask, "burst"), kinds, 0 if options.tiny else 0.3)
        progress("measuring the ceiling")
        turns.again()
        yield turns


def measure(options: Options) -> list[dict]:
    """Multiply-adds in each precision, copy and triad; with one thread and with all."""
    need_kernels()
    rows = []
    for threads in sorted({1, options.threads}):
        named = f"{threads} thread{'s' * (threads > 1)}"
        with ceiling_turns(replace(options, threads=threads), *KINDS, "copy", "triad") as turns:
            found = {kind: rate for kind, rate in turns.best.items() if rate}
        for kind, rate in found.items():
            case = f"multiply-add {kind}" if kind in KINDS else kind
            unit = "GFLOP/s" if kind in KINDS else "GB/s"
            rows.append(row("ceiling", f"{case}, {named}", "numba", rate, unit))
    return rows


def report(rows: list[dict]) -> str:
    return (
        show(rows, COLUMNS)
        + "\n\nA multiply-add counts as 2 FLOPs; a byte as often as a program names it. bf16: by "
        "the processor's\ninstruction, on random numbers, as real ones are: with them AMX may run "
        "at half of its clock."
    )


class CeilingSide:
    """Runs the loops of `ceiling_loops` and `ceiling_bf16`; Numba stays in its process."""

    def __init__(self, tiny: bool):
        from minivit.kernels.product.bf16.instructions import instruction

        from . import ceiling_bf16, ceiling_loops

        self.loops, self.bf16, self.instruction = ceiling_loops, ceiling_bf16, instruction
        self.steps = 1000 if tiny else 50_000  # 2 ms: short enough that one call runs undisturbed
        self.numbers = 1 << (12 if tiny else 26)  # 256 MiB an array: no cache holds it

    def burst(self, kind: str) -> float:
        """One kind's rate in the best moment of a burst: 10^9 FLOPs or bytes each second."""
        if kind == "memory":
            return max(self.burst("copy"), self.burst("triad"))
        if kind in ("copy", "triad"):
            return self.gbytes(getattr(self.loops, kind), {"copy": 2, "triad": 3}[kind])
        return self.products() if kind == "bf16" else self.multiply_adds(kind)

    def multiply_adds(self, dtype: str) -> float:
        a, b, c = self.loops.operands(dtype)
        times = time_calls(lambda: self.loops.multiply_adds(a, b, c, self.steps, 0), FMA_REPEATS)
        return self.loops.flops(dtype, len(c), self.steps) / min(times) / 1e9

    def products(self) -> float:
        name = self.instruction()
        if name is None:
            return 0.0
        a, b, sums = self.bf16.operands()
        repeats = self.bf16.repeats(name, self.steps)
        times = time_calls(
            lambda: self.bf16.products(name == "amx", a, b, sums, repeats), FMA_REPEATS
        )
        return self.bf16.flops(len(sums), repeats) / min(times) / 1e9

    def gbytes(self, loop, arrays: int) -> float:
        a, b, c = (np.ones(self.numbers, np.float32) for _ in range(3))
        parts = self.loops.parts()
        times = time_calls(lambda: loop(a, b, c, parts), MEMORY_REPEATS)
        return arrays * a.nbytes / min(times) / 1e9
