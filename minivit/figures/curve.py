"""The curve of a training run, drawn with matplotlib (the extra "plots")."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from minivit.errors import InputError
from minivit.figures.look import INK, QUIET, finish, say_unknown
from minivit.figures.saving import new_figure, save_figure

TRAIN, MEASURED = "#8a8f98", "#c8401a"
MEANING = (
    "train: mean over the epoch while learning, augmented and with label smoothing where the "
    "recipe says so;  {measured}: after the epoch, on images never learnt from"
)
ACCURACY = "Accuracy (part of the answers that is right)"
NO_ACCURACY = "pixels are near or far,\nnot right or wrong"
OF_THE_AVERAGE = "averaged, the broken line: the same with the exponential average of the weights"


def training_curve(history: Sequence[Mapping], path: str | Path) -> None:
    """Draw loss and accuracy over the epochs into a PNG file.

    A row of `history` has epoch, train_loss, train_accuracy, and test_loss and test_accuracy, or
    held_out_loss and held_out_accuracy; and averaged_test_loss, ... of averaged weights.

    Raises InputError for an empty history or without matplotlib, OSError when `path` can't be
    written.
    """
    if not history:
        raise InputError("the history has no epoch yet: train for at least one, then draw")
    figure = new_figure(12, 4.8)
    loss, accuracy = figure.subplots(1, 2)
    draw_curves(loss, history, "loss", "{:.3f}", loss_title(history))
    names = measured_names(history)
    if all(row[f"{name}_loss"] > 0 for row in history for name in names):
        loss.set_yscale("log")  # the late epochs differ by a few thousandths
        plain_numbers(loss.yaxis)
    draw_accuracy(accuracy, history)
    meaning = MEANING.format(measured=in_words(names[1]))
    if len(names) > 2:
        meaning += f"\n{OF_THE_AVERAGE}"
    figure.text(0.045, 0.03, meaning, fontsize=9, color=QUIET)
    is_long = names[1] == "held_out" or len(names) > 2
    right, wspace = (0.87, 0.46) if is_long else (0.905, 0.36)  # room for the words
    figure.subplots_adjust(left=0.045, right=right, top=0.91, bottom=0.2, wspace=wspace)
    save_figure(figure, path)


def has_accuracy(history: Sequence[Mapping]) -> bool:
    """Whether anything that was told is right or wrong; pixels are only near or far."""
    return "train_accuracy" in history[-1]


def loss_title(*histories: Sequence[Mapping]) -> str:
    """What the panel of the loss shows: one kind, or each run's own."""
    kinds = {"mean cross-entropy" if has_accuracy(h) else "mean squared error" for h in histories}
    return f"Loss ({' or '.join(sorted(kinds))}, log scale)"


def draw_accuracy(axes, history: Sequence[Mapping]) -> None:
    """The panel of the accuracy, or words in its place."""
    if not has_accuracy(history):
        axes.set_title(ACCURACY, loc="left", fontsize=12, color=INK)
        say_unknown(axes, NO_ACCURACY)
        return
    draw_curves(axes, history, "accuracy", "{:.1%}", ACCURACY)
    axes.yaxis.set_major_formatter("{x:.0%}")


def measured_names(history: Sequence[Mapping]) -> tuple[str, ...]:
    """Whose figures the rows hold: "train", "test" or "held_out", and perhaps "averaged_..."."""
    measured = "held_out" if "held_out_loss" in history[-1] else "test"
    names = "train", measured, f"averaged_{measured}"
    return names if f"{names[2]}_loss" in history[-1] else names[:2]


def in_words(name: str) -> str:
    """As the figure calls it: "averaged_test" -> "averaged"."""
    return "averaged" if name.startswith("averaged") else name.replace("_", "-")


def draw_curves(axes, history: Sequence[Mapping], kind: str, text: str, title: str) -> None:
    """One panel: a line for "train" and one for what was measured, each labelled at its end.

    What averaged weights reach is a thin broken line in the colour of what was measured.
    """
    epochs = [row["epoch"] for row in history]
    names = measured_names(history)
    looks = ((TRAIN, 1.4, "-"), (MEASURED, 2.2, "-"), (MEASURED, 1.2, (0, (4, 2))))
    for name, (colour, width, line) in zip(names, looks, strict=False):
        values = [row[f"{name}_{kind}"] for row in history]
        axes.plot(
            epochs, values, color=colour, linewidth=width, linestyle=line, solid_capstyle="round"
        )
        axes.plot(epochs[-1:], values[-1:], "o", color=colour, markersize=5)
    label_ends(axes, history[-1], names, kind, text)
    finish(axes, title)


def label_ends(axes, row: Mapping, names: Sequence[str], kind: str, text: str) -> None:
    """Name the lines and their last values to the right of them, the higher one above.

    The averaged weights' stands below that of the weights, whose line lies near.
    """
    higher = max(names[:2], key=lambda name: row[f"{name}_{kind}"])
    labels = [f"{in_words(name)} {text.format(row[f'{name}_{kind}'])}" for name in names]
    labels = labels[0], "\n".join(labels[1:])
    for name, label, colour in zip(names[:2], labels, (TRAIN, MEASURED), strict=True):
        value = row[f"{name}_{kind}"]
        axes.annotate(
            label,
            (row["epoch"], value),
            xytext=(9, 1 if name == higher else -1),
            textcoords="offset points",
            va="bottom" if name == higher else "top",
            fontsize=11,
            fontweight="bold",
            color=colour,
            annotation_clip=False,
        )


def plain_numbers(axis) -> None:
    """Label a logarithmic axis with numbers such as 0.2 instead of powers of ten."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())
