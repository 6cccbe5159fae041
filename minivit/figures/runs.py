"""How runs went, drawn and compared with matplotlib (the extra "plots").

One run: its curves, and how far the last step of each epoch moved the weights of every place.
Several: the same curves, a colour for each run.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.curve import (
    ACCURACY,
    NO_ACCURACY,
    draw_accuracy,
    draw_curves,
    has_accuracy,
    in_words,
    loss_title,
    plain_numbers,
)
from minivit.figures.look import INK, QUIET, finish, say_unknown, words
from minivit.figures.saving import new_figure, save_figure, was_made_by
from minivit.figures.updates import draw_updates

# Told apart by colour-blind eyes too (Okabe and Ito 2008, without the yellow, which is too faint).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9")
DASHES = ("-", (0, (6, 1.5)), (0, (3, 1, 1, 1)))  # the next for every seven runs
NUMBERS = {  # columns of the history that have a panel of their own
    "learning_rate": "Learning rate (an epoch's last step)",
    "gradient_norm": "Gradient norm (mean, before clipping)",
}
UNKNOWN = "not written down by the\nversion that trained it"
SOFTWARE = "minivit plot"  # stands in the file, which is ours to replace then


class Run(NamedTuple):
    label: str
    measured_on: str  # "test" or "held_out": how its columns begin
    history: Sequence[Mapping]  # rows as in history.csv; an earlier version lacks some columns
    places: Mapping[str, np.ndarray]  # of each place (epochs, 4), as in places.csv


def runs_picture(runs: Sequence[Run], path: str | Path) -> None:
    """Draw one run, or compare several, into a PNG file.

    Raises InputError without a run, for one without an epoch, or without matplotlib; OSError when
    `path` can't be written.
    """
    for run in runs:
        if not whole_rows(run):
            raise InputError(f"{run.label} has no epoch to draw: train for at least one")
    if not runs:
        raise InputError("there is no run to draw: give one or more")
    figure = one_run(runs[0]) if len(runs) == 1 else comparison(runs)
    save_figure(figure, path, software=SOFTWARE)


def is_ours(path: Path) -> bool:
    """Whether a file was made by `runs_picture`: so that no other one is overwritten."""
    return was_made_by(path, SOFTWARE)


def one_run(run: Run):
    """Four panels of curves, and a high one for the updates of every place."""
    figure = new_figure(15, 7.6)
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 1.15))
    rows = whole_rows(run)
    loss = figure.add_subplot(grid[0, 0])
    draw_curves(loss, rows, "loss", "{:.3f}", loss_title(rows))
    scale(loss, "loss")
    draw_accuracy(figure.add_subplot(grid[0, 1]), rows)
    for column, (name, title) in enumerate(NUMBERS.items()):
        draw_numbers(figure.add_subplot(grid[1, column]), [run], name, title)
    draw_updates(figure.add_subplot(grid[:, 2]), run.places, UNKNOWN)
    figure.suptitle(words(run.label), x=0.04, y=0.975, ha="left", fontsize=13, color=INK)
    figure.subplots_adjust(left=0.05, right=0.985, top=0.885, bottom=0.07, wspace=0.42, hspace=0.36)
    return figure


def comparison(runs: Sequence[Run]):
    """Four panels, and below them which colour is which run."""
    legend = 0.55 + 0.27 * len(runs)  # inches
    figure = new_figure(13, 7 + legend)
    (loss, accuracy), numbers = figure.subplots(2, 2)
    of_loss = loss_title(*(run.history for run in runs))
    for axes, kind, title in ((loss, "loss", of_loss), (accuracy, "accuracy", ACCURACY)):
        for run, (colour, dashes) in zip(runs, looks(), strict=False):
            axes.plot(*series(run, f"train_{kind}"), color=colour, linewidth=1.1, linestyle=":")
            line(axes, *series(run, f"{run.measured_on}_{kind}"), colour, dashes)
        finish(axes, title)
        scale(axes, kind)
    if not any(has_accuracy(run.history) for run in runs):
        say_unknown(accuracy, NO_ACCURACY)
    for axes, (name, title) in zip(numbers, NUMBERS.items(), strict=True):
        draw_numbers(axes, runs, name, title)
    name_runs(figure, runs)
    bottom = (legend + 0.5) / (7 + legend)
    figure.subplots_adjust(left=0.055, right=0.98, top=0.95, bottom=bottom, wspace=0.14, hspace=0.3)
    return figure


def name_runs(figure, runs: Sequence[Run]) -> None:
    """A line of words for each run, in its colour, with its last accuracy."""
    from matplotlib.lines import Line2D

    handles = []
    for run, (colour, dashes) in zip(runs, looks(), strict=False):
        _, accuracies = series(run, f"{run.measured_on}_accuracy")
        last = f"   ({in_words(run.measured_on)} {accuracies[-1]:.1%})" if accuracies.size else ""
        label = words(run.label) + last
        handles.append(Line2D([], [], color=colour, linestyle=dashes, linewidth=2.4, label=label))
    measured = " or ".join(sorted({in_words(run.measured_on) for run in runs}))
    legend = figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.045, 0.005), frameon=False,
        fontsize=10.5, labelcolor=INK, alignment="left", handlelength=2.6,
        title=f"solid: {measured} images, after the epoch;  dotted: training images, in learning",
    )  # fmt: skip
    legend.get_title().set(fontsize=9.5, color=QUIET)


def draw_numbers(axes, runs: Sequence[Run], name: str, title: str) -> None:
    """A panel for one column of the history, from 0 up."""
    known = False
    for run, (colour, dashes) in zip(runs, looks(), strict=False):
        epochs, values = series(run, name)
        if epochs.size:
            line(axes, epochs, values, colour, dashes)
            known = True
    finish(axes, title)
    if known:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        say_unknown(axes, UNKNOWN)


def series(run: Run, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and values of a column, where the history has them: (n,), (n,)."""
    rows = [row for row in run.history if "epoch" in row and column in row]
    return np.array([row["epoch"] for row in rows]), np.array([row[column] for row in rows])


def whole_rows(run: Run) -> list[Mapping]:
    """The rows that have all columns of the curves of loss and accuracy."""
    names = ("train", run.measured_on)
    needed = {"epoch", *(f"{name}_loss" for name in names)}
    if any("train_accuracy" in row for row in run.history):
        needed |= {f"{name}_accuracy" for name in names}
    return [row for row in run.history if needed <= set(row)]


def looks():
    """A colour and a pattern of dashes for each run."""
    return cycle([(colour, dashes) for dashes in DASHES for colour in COLOURS])


def line(axes, epochs, values, colour: str, dashes) -> None:
    """A line with a dot at its end."""
    axes.plot(epochs, values, color=colour, linewidth=2, linestyle=dashes)
    axes.plot(epochs[-1:], values[-1:], "o", color=colour, markersize=5)


def scale(axes, kind: str) -> None:
    """Logarithmic for losses, where none is 0; per cent for accuracies."""
    if kind == "accuracy":
        axes.yaxis.set_major_formatter("{x:.0%}")
    elif all(np.all(one.get_ydata() > 0) for one in axes.lines):
        axes.set_yscale("log")  # the late epochs differ by a few thousandths
        plain_numbers(axes.yaxis)
