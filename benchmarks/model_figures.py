"""What is measured of one model, the sides in turns: training, inference, memory, first step."""

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .agreement import AGREE, assert_agreement
from .configurations import TINY, Case, cases
from .options import Options, progress
from .sides import Worker
from .timing import LEAST_BLOCKS, in_turns, ratio_in_turns
from .timing import medians as medians_of_calls

# Says where the cache of compiled kernels lies: with an empty folder there, a first step is cold.
CACHE_VARIABLE = "XDG_CACHE_HOME"
COMPILED = (".kernel", ".nbi", ".nbc")  # endings of its files, here and in former versions
USUAL = 10  # seconds of a figure, all sides together
PROCESSES = 3  # of a side, one after the other

# Starts a process with a side's model; takes `environment`, the variables it gets besides.
Start = Callable[..., Worker]
# Raises InputError unless what the sides compute agrees.
Agree = Callable[[dict[str, dict]], None]


class Figure(NamedTuple):
    what: str  # e.g. "training"
    unit: str
    of: dict[str, float]  # each side's median
    flops: int = 0
    calls: Mapping[str, list[list[float]]] = MappingProxyType({})  # seconds, turn by turn

    def ratio(self, ours: str, theirs: str) -> float | None:
        """How many times as fast the one side is, turn by turn; None for what is no time."""
        if not self.calls:
            return None
        return ratio_in_turns(self.calls[ours], self.calls[theirs])


def chosen_cases(options: Options) -> list[Case]:
    """The models that the options name."""
    return [TINY] if options.tiny else cases(options.configs)


def figures(
    case: Case,
    sides: Mapping[str, Start],
    options: Options,
    *,
    turns: int,
    agree: Agree | None = None,
) -> Iterator[Figure]:
    """All that the options ask for: memory and first steps in `turns` turns, or fewer (--repeats).

    Times are those of some processes a side (--tiny: one), one after the other, each in at least so
    many turns, or as many as --repeats says: where the pages of a process come to lie in memory
    makes it faster or slower by some percent for its whole life.
    """
    yield from times(case, sides, options, turns, agree or agree_in(options.precision))
    turns = min(turns, options.repeats or turns)
    if options.memory:
        progress(f"step: {case.name}, peak memory")
        yield Figure("peak memory", "MB", peak_memory(sides, turns))
    if options.first_step:
        progress(f"step: {case.name}, first step")
        yield from first_steps(sides, turns)


def times(
    case: Case,
    sides: Mapping[str, Start],
    options: Options,
    turns: int,
    agree: Agree,
) -> list[Figure]:
    """Training and inference of one model, in ms, once the sides agree."""
    processes = 1 if options.tiny else PROCESSES
    share = replace(options, seconds=(options.seconds or USUAL) / processes)
    turns = max(turns, math.ceil(LEAST_BLOCKS / processes))  # LEAST_BLOCKS in all
    parts = [calls_in_turns(case, sides, share, turns, agree) for _ in range(processes)]
    found = []
    for what, flops in (("training", case.step_flops), ("inference", case.inference_flops)):
        calls = {side: [turn for part in parts for turn in part[what][side]] for side in sides}
        of = {side: seconds * 1e3 for side, seconds in medians_of_calls(calls).items()}
        found.append(Figure(what, "ms", of, flops, calls))
    return found


def calls_in_turns(
    case: Case, sides: Mapping[str, Start], options: Options, turns: int, agree: Agree
) -> dict[str, dict[str, list[list[float]]]]:
    """Training and inference of one model by one process a side: seconds of each call."""
    with ExitStack() as stack:
        workers = {side: stack.enter_context(start()) for side, start in sides.items()}
        progress(f"step: {case.name}, do the sides agree?")
        for worker in workers.values():
            worker.ask("build")
        agree({side: worker.ask("outputs") for side, worker in workers.items()})
        found = {}
        for what, method in (("training", "train"), ("inference", "infer")):
            progress(f"step: {case.name}, {what}")
            timers = {side: worker.timer(method) for side, worker in workers.items()}
            found[what] = in_turns(timers, options, usual=USUAL, least=turns)
        return found


def agree_in(precision: str) -> Agree:
    """All sides compute in this precision."""
    return lambda outputs: assert_agreement(shared(outputs), AGREE[precision])


def shared(outputs: dict[str, dict]) -> dict[str, dict]:
    """What all sides have: two versions of minivit may call a gradient by different names."""
    names = set.intersection(*map(set, outputs.values()))
    return {
        side: {name: array for name, array in found.items() if name in names}
        for side, found in outputs.items()
    }


def peak_memory(sides: Mapping[str, Start], turns: int) -> dict[str, float]:
    """The largest resident size of each side less its size after import, in MB."""

    def measured(start: Start) -> float:
        with start() as worker:
            return worker.ask("peak") / 1e6

    return medians([{side: measured(start) for side, start in sides.items()} for _ in range(turns)])


def first_steps(sides: Mapping[str, Start], turns: int) -> list[Figure]:
    """Seconds from the start of a process to the end of its first training step.

    With an empty cache and then with the cache that this has filled; only the kernels have one.
    """
    empty, filled = [], True
    with tempfile.TemporaryDirectory() as folder:
        # A folder of its own for each turn and side: the kernels of two sides may be the same.
        while filled and len(empty) < turns:
            caches = {side: Path(folder) / f"{len(empty)}-{side}" for side in sides}
            empty.append({side: first_step(sides[side], caches[side]) for side in sides})
            # If nobody compiles, or the kernels are kept somewhere else, none of these was cold.
            filled = any(path.suffix in COMPILED for path in Path(folder).rglob("*"))
        cached = [
            {side: first_step(sides[side], caches[side]) for side in sides} for _ in range(turns)
        ]
    figure = Figure("first step, cached", "s", medians(cached))
    return [figure, Figure("first step, no cache", "s", medians(empty))] if filled else [figure]


def first_step(start: Start, cache: Path) -> float:
    begin = time.perf_counter()
    with start(environment={CACHE_VARIABLE: str(cache)}) as worker:
        worker.ask("first_step")
        return time.perf_counter() - begin


def medians(turns: list[dict[str, float]]) -> dict[str, float]:
    """The median of every side over all turns."""
    return {side: statistics.median(turn[side] for turn in turns) for side in turns[0]}
