"""The rows of `mpi`: what was measured, and what theory expects of it."""

from typing import NamedTuple

from minivit.training.ranks import PIECE

from .configurations import Case
from .mpi_theory import (
    MACHINES,
    NETWORKS,
    PAPER_BATCH,
    Load,
    Network,
    Point,
    Work,
    bytes_sent,
    network_of,
    strong,
    turning_point,
    weak,
)
from .rows import row


class Timed(NamedTuple):
    """Median seconds of one configuration."""

    case: Case
    backend: str
    steps: dict[tuple[str, int], float]  # by what works: "threads" or a mode, and how many
    ratios: dict[tuple[str, int], float]  # of processes: to as many threads, turn by turn
    whole: dict[int, float]  # what every process does whole, by its threads
    sums: dict[int, float]  # by processes, of as many numbers as there are parameters
    ones: dict[int, float]  # the same of one number
    shares: dict[tuple[str, int], float]  # of a step, in MPI
    load: Load


def load_of(numbers: int) -> Load:
    """What is summed of so many float32 numbers."""
    return Load(4 * numbers, -(-numbers // PIECE))


def measured_rows(found: Timed) -> list[dict]:
    """A row for each side; ratio: against as many threads of one process."""
    rows = []
    for (how, n), seconds in found.steps.items():
        together = how != "threads"
        threads = 1 if together else n
        what = f"{n} processes, {how}" if together else named(n)
        theirs = found.steps["threads", n] if together else None
        one = row(
            "mpi", f"{found.case.name}, {what}", found.backend, 1e3 * seconds, "ms",
            named(n) if together else None, theirs and 1e3 * theirs,
            found.ratios.get((how, n)),
            kind="measured", configuration=found.case.name, what=what, batch=found.case.batch,
            processes=n if together else 1, threads=threads, mode=how if together else None,
            images_per_second=found.case.batch / seconds,
        )  # fmt: skip
        if together:
            one |= of_the_sum(found, how, n, seconds)
        else:
            one |= {"whole_ms": 1e3 * found.whole[n]}
        rows.append(one)
    return rows


def of_the_sum(found: Timed, mode: str, n: int, seconds: float) -> dict:
    """What a row tells of the sum. Ordered, process 0 receives the others' vectors whole."""
    size, here = found.load.bytes, network_here(found, n)
    moved = (n - 1) * size if mode == "ordered" else bytes_sent(n, size)
    return {
        "megabytes": moved / 1e6,
        "sum_ms": None if mode == "ordered" else 1e3 * found.sums[n],
        "sum_share": None if mode == "ordered" else found.sums[n] / seconds,
        "mpi_share": found.shares[mode, n],
        "alpha_us": 1e6 * here.alpha,
        "gigabits": 8e-9 / here.beta if here.beta else None,
    }


def named(threads: int) -> str:
    return "1 process, 1 thread" if threads == 1 else f"1 process, {threads} threads"


def network_here(found: Timed, n: int) -> Network:
    """What lies between processes of this machine, measured by two sums."""
    return network_of("memory, measured", n, found.load.bytes, found.sums[n], found.ones[n])


def work_of(found: Timed, threads: int) -> Work:
    """What a process with so many threads computes in a step."""
    whole = min(found.whole[threads], found.steps["threads", threads])
    return Work(whole, (found.steps["threads", threads] - whole) / found.case.batch)


def expected_rows(found: Timed) -> list[dict]:
    """A row for each network and number of machines, which have all threads of this one."""
    work, images = work_of(found, max(found.whole)), found.case.batch
    rows = []
    for network in NETWORKS:
        for n in MACHINES:
            own = weak(n, images, work, found.load, network)
            paper = strong(n, PAPER_BATCH, work, found.load, network)
            rows.append(row(
                "mpi", f"{found.case.name}, {n} machines, {network.name}", "theory",
                1e3 * own.seconds, "ms", kind="theory", configuration=found.case.name,
                network=network.name, machines=n, sum_ms=1e3 * own.sum, efficiency=own.efficiency,
                strong_ms=1e3 * paper.seconds, speedup=paper.speedup,
                turning_point=turning_point(PAPER_BATCH, work, found.load, network),
            ))  # fmt: skip
    return rows


def curves(found: Timed) -> dict[int, Point]:
    """What theory expects of processes of one thread on this machine, with its alpha and beta."""
    n, work = max(found.sums), work_of(found, 1)
    here = network_here(found, n)
    return {p: strong(p, found.case.batch, work, found.load, here) for p in range(1, 2 * n + 1)}
