"""Fair timing: the sides take turns, in blocks, and the medians of all their turns are compared."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from itertools import chain

from minivit.threads import fall_asleep

from .options import Options

BLOCK = 0.1  # seconds that a side works at a stretch, or one call if that takes longer
LEAST_BLOCKS = 3


def time_calls(run: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of `count` calls, after one that is not counted.

    That call brings back into the caches what the other side's turn drove out, and wakes the
    threads. At the end we wait until they sleep: only then does the next side's turn begin.
    """
    times = []
    for _ in range(count + 1):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    fall_asleep()
    return times[1:]


def alternate(
    sides: Mapping[str, Callable[[int], list[float]]],
    options: Options,
    *,
    usual: float,
    least: int = LEAST_BLOCKS,
) -> dict[str, float]:
    """The median seconds of a call of every side, over all turns of `in_turns`."""
    return medians(in_turns(sides, options, usual=usual, least=least))


def in_turns(
    sides: Mapping[str, Callable[[int], list[float]]],
    options: Options,
    *,
    usual: float,
    least: int = LEAST_BLOCKS,
) -> dict[str, list[list[float]]]:
    """The seconds of each call of every side, turn by turn.

    A side is a function that times a given number of its calls. The sides take turns, as many as
    the options say, or as fit into their seconds (`usual`, if they say nothing), but not fewer than
    `least`: noise that lasts longer than a block hits them all.
    """
    repeats, seconds = options.repeats, options.seconds or usual
    counts, times = {}, {name: [] for name in sides}
    for name, side in sides.items():
        once = side(1)[0]  # a second call: the first compiles, and meets new memory
        counts[name] = max(1, min(1000, round(BLOCK / max(once, 1e-7))))
    start, turns = time.perf_counter(), 0
    while turns < (repeats or least) or (repeats is None and time.perf_counter() - start < seconds):
        for name, side in sides.items():
            times[name].append(side(counts[name]))
        turns += 1
    return times


def medians(times: Mapping[str, list[list[float]]]) -> dict[str, float]:
    """The median of all calls of every side."""
    return {name: statistics.median(chain.from_iterable(turns)) for name, turns in times.items()}


def ratio_in_turns(ours: list[list[float]], theirs: list[list[float]]) -> float:
    """How many times as fast we are: the median of the ratios of the single turns.

    The two sides of a turn stand side by side in time, so a machine that is slow for a while is
    slow for both, and the ratio stays.
    """
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(statistics.median(b) / statistics.median(a) for a, b in pairs)


def geometric_mean(ratios: list[float]) -> float:
    """The mean of ratios: twice as fast and half as fast have the mean 1."""
    return math.exp(statistics.fmean(map(math.log, ratios)))
