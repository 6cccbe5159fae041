"""This minivit against that of another checkout, model by model, on each backend.

Both sides work alike, each in a Python that imports minivit from its own folder; they take turns in
one run. Before anything is timed they must agree on logits, loss, and the gradients of those
parameters that have the same name on both sides.
"""

import subprocess
from functools import partial
from pathlib import Path

import minivit
from minivit.errors import InputError

from .checkouts import CheckoutWorker
from .model_figures import PROCESSES, chosen_cases, figures
from .options import Options
from .rows import means_text, row, show

LEAST_TURNS = 5  # of each process of a side: one turn in a half-speed phase moves no median
COLUMNS = {
    "configuration": "configuration", "what": "what", "backend": "side",
    "new": "ours", "old": "theirs", "unit": "unit", "ratio": "ratio",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each model, backend and figure: ours is new, theirs is old."""
    backends = options.chosen_backends()
    old, new = options.against.expanduser().resolve(), Path(minivit.__file__).resolve().parents[1]
    need_checkout(old, options)
    folders, rows = {"new": described(new), "old": described(old)}, []
    for case in chosen_cases(options):
        for backend in backends:
            starts = {
                side: partial(
                    CheckoutWorker, folder, case.name, backend, options.precision,
                    emulate=options.emulate, threads=options.threads,
                )
                for side, folder in (("new", new), ("old", old))
            }  # fmt: skip
            for figure in figures(case, starts, options, turns=LEAST_TURNS):
                rows.append(
                    row(
                        "step", f"{case.name} {figure.what}", backend, figure.of["new"],
                        figure.unit, f"old {backend}", figure.of["old"], figure.ratio("new", "old"),
                        configuration=case.name, what=figure.what, **folders,
                    )
                )  # fmt: skip
    return rows


def made(rows: list[dict]) -> bool:
    """Whether `measure` above made these rows."""
    return "old" in rows[0]


def report(rows: list[dict]) -> str:
    """The table, and the means and the worst of each figure."""
    shown = [r for r in rows if r["ours"] is not None]
    return (
        f"new: {rows[0]['new']}\nold: {rows[0]['old']}\n\n{show(shown, COLUMNS)}\n\n"
        f"{means_text(rows)}\nratio: above 1 the new one is better (faster, or smaller).\n"
        f"Times are medians of at least {LEAST_TURNS} turns of each of {PROCESSES} processes a side"
        " (--tiny: 1), unless --repeats\nsays otherwise; the ratio of two times is the median of "
        "their turns' ratios.\n"
        "Peak memory: largest resident size less the size after import."
    ).replace("\n\n\n", "\n\n")


def need_checkout(folder: Path, options: Options) -> None:
    """Rehearse a step: InputError unless the folder holds a minivit that can be timed."""
    if not (folder / "minivit" / "__init__.py").is_file():
        raise InputError(
            f"{folder} is no checkout of minivit: expected a folder with minivit/__init__.py in it"
        )
    try:
        with CheckoutWorker(
            folder, "tiny", "numpy", options.precision, threads=options.threads
        ) as worker:
            for method in ("build", "outputs", "step"):
                worker.ask(method)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(
            f"the minivit in {folder} lacks what the benchmarks call ({reason}): it is too old to "
            "be timed by them; choose a later checkout"
        ) from error


def described(folder: Path) -> str:
    """The folder, and its commit if Git knows it."""
    if not (folder / ".git").exists():
        return str(folder)
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return str(folder)
    return f"{folder} ({found.strip()})"
