"""Whole training steps and inferences of the six models: each backend against PyTorch, or NumPy.

A training step is forward, loss, backward and AdamW; an inference is images to logits. Before
anything is timed the sides must agree on logits, loss and gradients. Peak memory and the time to
the first step are measured on request, each in a fresh process.
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from .agreement import assert_agreement
from .ceiling import Ceiling, measured_ceiling
from .configurations import TINY, Case, cases
from .model_sides import EngineSide, TorchSide
from .options import Options, progress
from .rows import NOTE, mean_row, means_text, rows_of, show
from .sides import Worker
from .timing import alternate

# Says where the cache of compiled kernels lies: pointed at an empty folder, a first step is cold.
CACHE_VARIABLE = "XDG_CACHE_HOME"
COLUMNS = {
    "configuration": "configuration", "what": "what", "side": "side",
    "ours": "ours", "theirs": "theirs",
    "unit": "unit", "ratio": "ratio", "images/s": "images_per_second", "GFLOP/s": "gflops",
    "of ceiling %": "share_of_ceiling", "theirs %": "their_share",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each model, figure and side of ours, then the geometric means."""
    backends = options.chosen_backends()
    sides = [*backends, "torch"] if options.vs == "torch" else backends
    ceiling = measured_ceiling(options)
    rows = []
    for case in [TINY] if options.tiny else cases(options.configs):
        rows += timed(case, sides, options, ceiling)
        if options.memory:
            rows += peak_memory(case, sides, options)
        if options.first_step:
            rows += first_steps(case, sides, options)
    return rows + means(rows)


def report(rows: list[dict]) -> str:
    """The table, the means and what the columns mean."""
    shown = [r for r in rows if r["ours"] is not None]
    against = next((r["against"] for r in rows if r["against"]), None)
    theirs = f"theirs: {against}; " if against else ""
    return (
        f"{show(shown, COLUMNS)}\n\n{means_text(rows)}\n{theirs}{NOTE}\n"
        "Medians; the sides take turns. FLOPs are those of the matrix products, as `minivit info` "
        "counts them.\n"
        "Peak memory: largest resident size less the size after import."
    ).replace("\n\n\n", "\n\n")


def timed(case: Case, sides: list[str], options: Options, ceiling: Ceiling | None) -> list[dict]:
    """Training and inference of one model, the sides in turns."""
    with ExitStack() as stack:
        workers = {s: stack.enter_context(model_worker(case, s, options.threads)) for s in sides}
        progress(f"step: {case.name}, do the sides agree?")
        for worker in workers.values():
            worker.ask("build")
        assert_agreement({side: worker.ask("outputs") for side, worker in workers.items()}, 1e-3)
        rows = []
        for what, method, flops in (
            ("training", "train", case.step_flops),
            ("inference", "infer", case.inference_flops),
        ):
            progress(f"step: {case.name}, {what}")
            timers = {side: worker.timer(method) for side, worker in workers.items()}
            seconds = alternate(timers, options, usual=10)
            for row in figures(case, what, {s: t * 1e3 for s, t in seconds.items()}, "ms"):
                row["images_per_second"] = case.batch / seconds[row["side"]]
                row["gflops"] = flops / seconds[row["side"]] / 1e9
                if ceiling:
                    row["share_of_ceiling"] = row["gflops"] / ceiling.gflops
                if ceiling and row["theirs"]:
                    row["their_share"] = flops / seconds[row["against"]] / 1e9 / ceiling.gflops
                rows.append(row)
        return rows


def peak_memory(case: Case, sides: list[str], options: Options) -> list[dict]:
    """The largest resident size of each side less its size after import, in MB."""
    most = {}
    for side in sides:
        progress(f"step: {case.name}, peak memory of {side}")
        with model_worker(case, side, options.threads) as worker:
            most[side] = worker.ask("peak") / 1e6
    return figures(case, "peak memory", most, "MB")


def first_steps(case: Case, sides: list[str], options: Options) -> list[dict]:
    """Seconds from the start of a process to the end of its first training step.

    With an empty cache and then with the cache that this has filled; only the kernels have one.
    """
    empty, cached = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {CACHE_VARIABLE: folder}
        for side in sides:
            progress(f"step: {case.name}, first step of {side}")
            empty[side] = first_step(case, side, options.threads, environment)
        for side in sides:
            cached[side] = first_step(case, side, options.threads, environment)
        filled = any(Path(folder).rglob("*.nb[ci]"))
    rows = figures(case, "first step, cached", cached, "s")
    # If the kernels are kept somewhere else, no first step here was a cold one.
    return rows + (figures(case, "first step, no cache", empty, "s") if filled else [])


def first_step(case: Case, side: str, threads: int, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    with model_worker(case, side, threads, environment) as worker:
        worker.ask("first_step")
        return time.perf_counter() - start


def model_worker(case: Case, side: str, threads: int, environment=None) -> Worker:
    """A process with this side's model."""
    make = (TorchSide, case, threads) if side == "torch" else (EngineSide, case, side)
    return Worker(*make, threads=threads, environment=environment)


def figures(case: Case, what: str, values: dict[str, float], unit: str) -> list[dict]:
    """Rows named after the model and what was measured, e.g. "digits-bench training"."""
    rows = rows_of("step", f"{case.name} {what}", values, unit)
    return [{**row, "configuration": case.name, "what": what} for row in rows]


def means(rows: list[dict]) -> list[dict]:
    """The geometric mean over the models, for each figure and side."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["what"], row["side"]), []).append(row)
    found = [mean_row("step", what, group) for (what, _), group in groups.items()]
    return [row for row in found if row]
