"""Processes that train one model together, against threads; and what theory expects of machines.

Measured: a step of the same batch by one process with n threads, and by n processes of one thread
each, whose gradients are summed after the backward (blocking), during it (overlapped) or in the
order of the processes (ordered). All take turns in one run. The sum alone is measured, too: of a
vector as long as the gradients, and of one number. These two give alpha and beta of this machine.

Theory (mpi_theory.py): the same steps on 1 to 1,024 machines like this one, all its threads each,
with networks of 1, 10 and 100 Gbit/s between them.
"""

from contextlib import ExitStack
from dataclasses import replace

from .configurations import TINY, Case, cases
from .mpi_group import Group, need_mpi
from .mpi_rows import Timed, curves, expected_rows, load_of, measured_rows
from .mpi_side import MODES, AloneSide, RankSide
from .mpi_theory import MACHINES
from .options import Options, has_matplotlib, progress
from .rows import show
from .scaling import thread_counts
from .sides import Worker
from .timing import in_turns, medians, ratio_in_turns

USUAL = "cifar,Ti/16"
MEASURED = {
    "configuration": "configuration", "what": "what", "ms": "ours", "images/s": "images_per_second",
    "ratio": "ratio", "sum ms": "sum_ms", "sum %": "sum_share", "in MPI %": "mpi_share",
    "MB": "megabytes",
}  # fmt: skip
EXPECTED = {
    "configuration": "configuration", "network": "network", "machines": "machines",
    "sum ms": "sum_ms", "own batch: ms": "ours", "efficiency %": "efficiency",
    "of 4,096: ms": "strong_ms", "speed-up": "speedup",
}  # fmt: skip
SHOWN = (2, 16, 128, 1024)  # machines in the table; JSON and the picture have all


def measure(options: Options) -> list[dict]:
    """A row for each side of each model, then those of theory; the picture, too."""
    need_mpi()
    backend = options.chosen_backends()[0]
    chosen = [TINY] if options.tiny else cases(options.configs or USUAL)
    found = [timed(case, backend, options) for case in chosen]
    rows = [one for each in found for one in measured_rows(each)]
    rows += [one for each in found for one in expected_rows(each)]
    if has_matplotlib():
        from .mpi_figures import draw

        draw(rows, {each.case.name: curves(each) for each in found}, options.out / "mpi.png")
    return rows


def timed(case: Case, backend: str, options: Options) -> Timed:
    """All sides in turns: those with more threads, those with more processes, the sums alone."""
    progress(f"mpi: {case.name}")
    counts = thread_counts(replace(options, threads=max(2, options.threads)))
    counts = [n for n in counts if n <= case.batch]  # each process needs an image
    with ExitStack() as stack:
        sides, groups = {}, {}
        for n in counts:
            alone = stack.enter_context(Worker(AloneSide, case, backend, threads=n))
            numbers = alone.ask("parameters")
            sides["threads", n], sides["whole", n] = alone.timer("train"), alone.timer("whole")
        for n in counts[1:]:
            groups[n] = group = stack.enter_context(Group(n, RankSide, case, backend, n))
            sides |= {(mode, n): group.timer("train", mode) for mode in MODES}
            sides |= {("sum", n): group.timer("sum"), ("one", n): group.timer("sum_of_one")}
        turns = in_turns(sides, options, usual=5 * len(sides))
        shares = {(mode, n): max(group.ask("share_in_mpi", mode))
                  for mode in MODES for n, group in groups.items()}  # fmt: skip
    seconds = medians(turns)
    ratios = {(mode, n): ratio_in_turns(turns[mode, n], turns["threads", n])
              for mode in MODES for n in groups}  # fmt: skip
    of = {kind: {n: seconds[name, n] for name, n in sides if name == kind}
          for kind in ("whole", "sum", "one")}  # fmt: skip
    steps = {side: seconds[side] for side in sides if side[0] in ("threads", *MODES)}
    return Timed(case, backend, steps, ratios, of["whole"], of["sum"], of["one"], shares,
                 load_of(numbers))  # fmt: skip


def report(rows: list[dict]) -> str:
    """Both tables, and what they mean."""
    measured = [r for r in rows if r["kind"] == "measured"]
    expected = [r for r in rows if r["kind"] == "theory"]
    picture = (
        "The picture: mpi.png in ./out, or the --out that was given."
        if has_matplotlib()
        else "For a picture: pip install matplotlib."
    )
    return "\n".join([
        show(measured, MEASURED), "",
        f"A training step, {measured[0]['side']} backend, median; processes of one thread. ratio: "
        "images/s against one process with as",
        "many threads. sum: of a vector as long as the gradients, alone. in MPI: of the step, "
        "with waiting for the other process.",
        "MB: what each process sends in a sum, 2 (p-1)/p n (ordered: what process 0 receives, "
        "(p-1) n; then it sends the sum).",
        *here_lines(measured), "",
        show([r for r in expected if r["machines"] in SHOWN], EXPECTED), "",
        "Theory, alpha-beta model, sums not overlapped: machines like this one, all its threads "
        "each; alpha 50 us. own batch: each",
        "machine has the batch of the table above; of 4,096: the paper's batch, shared out.",
        *turning_lines(expected), picture,
    ])  # fmt: skip


def here_lines(rows: list[dict]) -> list[str]:
    """What a message and a byte cost on this machine."""
    return [
        f"Between {r['processes']} processes here, by the sum of {r['configuration']}: alpha "
        f"{r['alpha_us']:.0f} us, {r['gigabits'] or float('inf'):.0f} Gbit/s, additions included."
        for r in rows
        if r["mode"] == "blocking"
    ]


def turning_lines(rows: list[dict]) -> list[str]:
    """For each model, from how many machines on the sum takes longer than all else."""
    told: dict[str, list[str]] = {}
    for r in rows:
        if r["machines"] == 1:
            at = r["turning_point"]
            where = f"from {at:,} machines on" if at else f"nowhere up to {MACHINES[-1]:,}"
            told.setdefault(r["configuration"], []).append(f"{r['network']} {where}")
    return [
        f"{name}, of 4,096: the sum takes longer than all else at {', at '.join(found)}."
        for name, found in told.items()
    ]
