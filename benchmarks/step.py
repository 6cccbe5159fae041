"""Whole training steps and inferences of the six models: each backend against PyTorch, or NumPy.

A training step is forward, loss, backward and AdamW; an inference is images to logits. Before
anything is timed the sides must agree on logits, loss and gradients. Peak memory and the time to
the first step are measured on request, each in a fresh process. `--against FOLDER` times the
minivit of another checkout in the others' place; `--precision bf16` times bf16 beside float32.
"""

from functools import partial

from . import against, step_bf16
from .ceiling import CeilingTurns, ceiling_turns
from .configurations import Case
from .model_figures import PROCESSES, Figure, chosen_cases, figures
from .model_sides import EngineSide
from .options import Options
from .rows import NOTE, mean_row, means_text, rows_of, show
from .shares import settled
from .sides import Worker
from .torch_side import TorchSide

COLUMNS = {
    "configuration": "configuration", "what": "what", "side": "side",
    "ours": "ours", "theirs": "theirs",
    "unit": "unit", "ratio": "ratio", "images/s": "images_per_second", "GFLOP/s": "gflops",
    "of ceiling %": "share_of_ceiling", "theirs %": "their_share",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each model, figure and side of ours, then the geometric means."""
    if options.against:
        rows = against.measure(options)
    elif options.precision == "bf16":
        return step_bf16.measure(options)
    else:
        rows = measure_here(options)
    return rows + means(rows)


def measure_here(options: Options) -> list[dict]:
    """Our backends side by side, and PyTorch if it is asked for."""
    backends = options.chosen_backends()
    sides = [*backends, "torch"] if options.vs == "torch" else backends

    def measured(case: Case) -> list[Figure]:
        starts = {side: partial(model_worker, case, side, options.threads) for side in sides}
        return list(figures(case, starts, options, turns=1))

    def rows(case: Case, found: list[Figure]) -> list[dict]:
        return [row for figure in found for row in figure_rows(case, figure, ceiling)]

    with ceiling_turns(options, "float32") as ceiling:
        return settled(chosen_cases(options), measured, rows, ceiling)


def report(rows: list[dict]) -> str:
    """The table, the means and what the columns mean."""
    for other in (against, step_bf16):
        if other.made(rows):
            return other.report(rows)
    shown = [r for r in rows if r["ours"] is not None]
    other = next((r["against"] for r in rows if r["against"]), None)
    theirs = f"theirs: {other}; " if other else ""
    return (
        f"{show(shown, COLUMNS)}\n\n{means_text(rows)}\n{theirs}{NOTE}\n"
        f"Times are medians over {PROCESSES} processes of each side (--tiny: 1); the sides take "
        "turns. FLOPs are\nthose of the matrix products, as `minivit info` counts them; the "
        "ceiling is the best of several\nturns between the models.\n"
        "Peak memory: largest resident size less the size after import."
    ).replace("\n\n\n", "\n\n")


def model_worker(case: Case, side: str, threads: int, environment=None) -> Worker:
    """A process with this side's model."""
    make = (TorchSide, case, threads) if side == "torch" else (EngineSide, case, side)
    return Worker(*make, threads=threads, environment=environment)


def figure_rows(case: Case, figure: Figure, ceiling: CeilingTurns) -> list[dict]:
    """Rows named after the model and what was measured, e.g. "digits-bench training"."""
    rows = rows_of("step", f"{case.name} {figure.what}", figure.of, figure.unit)
    for row in rows:
        row |= {"configuration": case.name, "what": figure.what}
        if figure.flops:
            seconds = row["ours"] / 1e3
            row["images_per_second"] = case.batch / seconds
            row["gflops"] = figure.flops / seconds / 1e9
            row["share_of_ceiling"] = ceiling.share(row["gflops"])
            if row["ratio"]:
                row["their_share"] = ceiling.share(row["gflops"] / row["ratio"])
    return rows


def means(rows: list[dict]) -> list[dict]:
    """The geometric mean over the models, for each figure and side."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["what"], row["side"]), []).append(row)
    found = [mean_row("step", what, group) for (what, _), group in groups.items()]
    return [row for row in found if row]
