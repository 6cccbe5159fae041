"""What an experiment is: a grid of points, how one is measured, how all are drawn and judged."""

from collections.abc import Callable
from typing import NamedTuple

from minivit.experiments.cell import Cell, key_of
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import Finding

Row = dict  # of a table: a column's name and its value


class Scale(NamedTuple):
    """How large an experiment is made."""

    name: str
    seeds: tuple[int, ...]
    train: int  # training images, at most
    test: int
    epochs: float  # times those of the full size

    def of(self, epochs: int) -> int:
        """So many epochs of the full size become these, at least one."""
        return max(1, round(epochs * self.epochs))


FULL = Scale("full", seeds=(0, 1, 2), train=10_000, test=10_000, epochs=1)
QUICK = Scale("quick", seeds=(0, 1), train=640, test=320, epochs=0.35)


class Point(NamedTuple):
    """A place in the grid: its settings, and the trainings that it is measured on."""

    settings: Row  # the first columns of its rows
    cells: tuple[Cell, ...] = ()
    told: tuple = ()  # plain values that the result depends on besides, where it trains by itself

    def key(self, experiment: str) -> str:
        """Names the file that keeps its rows."""
        told = [self.told] if self.told else []
        return key_of([experiment, self.settings, [cell.key for cell in self.cells], *told])


class Experiment(NamedTuple):
    """One claim, redone in small."""

    name: str
    title: str
    claim: str  # what the paper says, with its numbers and where it says so
    minutes: float  # of the full size, on two cores with --jobs 2
    points: Callable[[Scale], list[Point]]
    measure: Callable[[Point, list[Learnt]], list[Row]]  # its results; settings come in front
    findings: Callable[[list[Row]], list[Finding]]
    draw: Callable[[object, list[Row]], None]  # into an empty matplotlib figure
    inches: tuple[float, float]  # of the figure
    why: dict[str, str]  # by a verdict's word, how "It may be that ..." goes on
    alone: bool = False  # whether it measures time, so that nothing may run beside it

    def grid(self, scale: Scale) -> str:
        """Stands for all that is told at this size: tables of another grid are another version."""
        return key_of([point.key(self.name) for point in self.points(scale)])[:8]
