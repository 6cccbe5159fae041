"""The figure of an experiment: its panels, the paper's claim and the verdict below them."""

import textwrap
from pathlib import Path

from minivit.experiments.experiment import Experiment, Row
from minivit.experiments.verdict import verdict
from minivit.figures.look import INK, QUIET
from minivit.figures.saving import new_figure, save_figure

SOFTWARE = "minivit experiment"  # stands in the file, which is ours to replace then
LINE, PER_INCH = 0.175, 14.5  # inches of a line of words; letters in an inch


def draw(experiment: Experiment, rows: list[Row], path: Path) -> None:
    """Draw the rows into a PNG file; InputError without matplotlib."""
    width, height = experiment.inches
    said = verdict(experiment.findings(rows), experiment.why).sentence
    letters = int((width - 0.4) * PER_INCH)
    # A number and its % stay in one line: textwrap breaks no line at a no-break space.
    claim, here = (textwrap.wrap(text.replace(" %", "\N{NO-BREAK SPACE}%"), letters)
                   for text in (f"The claim. {experiment.claim}", f"Here. {said}"))  # fmt: skip
    below = LINE * (len(claim) + len(here)) + 0.3
    whole = height + below
    figure = new_figure(width, whole)
    figure.set_layout_engine("constrained", rect=(0, below / whole, 1, 1 - below / whole))
    experiment.draw(figure, rows)
    for lines, first, colour in ((claim, 0, QUIET), (here, len(claim), INK)):
        top = (below - 0.1 - LINE * first) / whole
        figure.text(0.2 / width, top, "\n".join(lines).replace("$", r"\$"), fontsize=9,
                    color=colour, va="top", linespacing=LINE * 72 / 9)  # fmt: skip
    save_figure(figure, path, software=SOFTWARE)


def is_ours(path: Path) -> bool:
    """Whether a file was drawn here: so that no other one is overwritten."""
    with path.open("rb") as file:
        return f"Software\0{SOFTWARE}".encode() in file.read(1 << 10)
