"""Each op forward and backward at the models' sizes: NumPy op, kernel, PyTorch if installed.

The share of the roof is the least time that this machine needs for the op's arithmetic or for its
memory traffic, divided by the time that the op takes. What stays in the caches between two
calls can beat the memory, and show more than 100 %. So can a convolution of 3 x 3: its kernel takes
fewer multiplications than the definition, by which FLOPs are counted.
"""

from contextlib import ExitStack

from .agreement import assert_agreement
from .ceiling import CeilingTurns, ceiling_turns
from .op_cases import AGREE, OpCase, op_cases
from .op_sides import FORWARD_ONLY, EngineOps, TorchOps
from .options import Options, has_torch, progress
from .rows import NOTE, mean_row, means_text, rows_of, show
from .sides import Worker
from .timing import alternate

COLUMNS = {
    "op": "case", "direction": "direction", "numpy": "numpy", "numba": "numba", "torch": "torch",
    "unit": "unit", "ratio": "ratio", "GFLOP/s": "gflops", "GB/s": "gbytes",
    "of roof %": "share_of_roof",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each op, size and direction, then the means; `ours` is the best backend there."""
    sides = [*options.chosen_backends(), *(["torch"] if has_torch() else [])]
    with ceiling_turns(options, "float32", "memory") as ceiling:
        rows = time_ops(op_cases(options.tiny), sides, options, ceiling)
    add_roof(rows, ceiling)
    names = dict.fromkeys(row["op"] for row in rows)
    means = [mean_row("ops", op, [row for row in rows if row["op"] == op]) for op in names]
    return rows + [mean for mean in means if mean]


def report(rows: list[dict]) -> str:
    """The table and the means."""
    ours, theirs = rows[0]["side"], rows[0]["against"]
    note = f"ours: {ours}; theirs: {theirs}; {NOTE}" if theirs else ""
    shown = [row for row in rows if row["ours"] is not None]
    return (
        f"{show(shown, COLUMNS)}\n\n{means_text(rows)}\n{note}\n"
        "Shapes are those of the first input. Roof: least time for the arithmetic or the memory "
        "traffic;\nwhat stays in the caches can beat it, and a convolution of 3 x 3, which takes "
        "fewer multiplications\nthan the definition, by which FLOPs are counted."
    )


def time_ops(
    cases: list[OpCase],
    sides: list[str],
    options: Options,
    ceiling: CeilingTurns,
    precision: str = "float32",
) -> list[dict]:
    """A row for each op and direction; the sides take turns, and before each op the ceiling."""
    rows, op = [], None
    with ExitStack() as stack:
        workers = {
            side: stack.enter_context(op_worker(side, options.threads, precision)) for side in sides
        }
        for case in cases:
            progress(f"ops: {case.name}")
            if case.op != op:
                ceiling.turn()
            op = case.op
            outputs = {side: worker.ask("outputs", case) for side, worker in workers.items()}
            assert_agreement({s: y for s, y in outputs.items() if s != "torch"}, AGREE)
            assert_agreement(outputs, case.torch_tolerance)
            for direction in ("forward", "backward")[: 1 if case.op in FORWARD_ONLY else 2]:
                timers = {side: w.timer("time", direction) for side, w in workers.items()}
                rows.append(op_row(case, direction, alternate(timers, options, usual=2)))
    return rows


def op_worker(side: str, threads: int, precision: str) -> Worker:
    """A process with this side's ops; PyTorch's are in float32."""
    make = (TorchOps, threads) if side == "torch" else (EngineOps, side, precision)
    return Worker(*make, threads=threads)


def op_row(case: OpCase, direction: str, seconds: dict[str, float]) -> dict:
    """One row: the best of our sides against the others, and rates."""
    milliseconds = {side: t * 1e3 for side, t in seconds.items()}
    row = rows_of("ops", case.name, milliseconds, "ms")[0]
    own = seconds[row["side"]]
    flops = case.flops if direction == "forward" else case.backward_flops
    traffic = 4 * case.numbers(direction)
    row |= {**milliseconds, "op": case.op, "direction": direction, "flops": flops}
    return row | {"bytes": traffic, "gflops": flops / own / 1e9, "gbytes": traffic / own / 1e9}


def add_roof(rows: list[dict], ceiling: CeilingTurns, kind: str = "float32") -> None:
    """Add the share of the roof to rows in ms, if the roof is known."""
    best = ceiling.best
    for row in rows if best else ():
        least = max(row["flops"] / best[kind], row["bytes"] / best["memory"]) / 1e6
        row["share_of_roof"] = least / row["ours"]
