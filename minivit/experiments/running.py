"""An experiment runs: what is missing is trained and measured, then the table is written.

A folder holds one pool of models for all experiments, and a table and a figure of each:

    models/, points/          what is finished: see kept.py
    NAME.csv, NAME.png        the table and the figure; NAME-quick.csv of a quick version
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from minivit.data.finding import VARIABLE, found
from minivit.data.known import KNOWN
from minivit.errors import InputError
from minivit.experiments.cell import with_beginnings
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import MODELS, POINTS, here, is_done, point_record, read, record
from minivit.experiments.work import Work, done, learn, look
from minivit.files import alone_in, remove_orphans


class Plan(NamedTuple):
    """What is still to do, in stages: a stage needs what the one before has made."""

    points: list[Point]
    stages: list[list[Work]]
    kept: int  # trainings and points that are there already

    @property
    def missing(self) -> int:
        return sum(map(len, self.stages))


class Outcome(NamedTuple):
    rows: list[Row]
    versions: list[str]  # of minivit, which made them
    machines: list[str]  # on which they were made


def plan(experiment: Experiment, folder: Path, scale: Scale) -> Plan:
    """What an experiment needs that its folder lacks."""
    points = experiment.points(scale)
    left = [point for point in points if not is_kept(experiment, folder, point)]
    cells = with_beginnings(cell for point in left for cell in point.cells)
    cells = [cell for cell in cells if not is_done(folder, cell)]
    fresh, further = ([cell for cell in cells if (cell.begins is None) == first]
                      for first in (True, False))  # fmt: skip
    stages = [[(learn, (folder, cell)) for cell in some] for some in (fresh, further)]
    stages.append([(look, (folder, experiment, point)) for point in left])
    every = with_beginnings(cell for point in points for cell in point.cells)
    return Plan(points, stages, len(every) + len(points) - len(cells) - len(left))


def is_kept(experiment: Experiment, folder: Path, point: Point) -> bool:
    """Whether a point need not be measured; a time counts on the machine alone that took it."""
    path = point_record(folder, point.key(experiment.name))
    return path.exists() and (not experiment.alone or read(path, "rows")["machine"] == here())


def run(
    experiment: Experiment, folder: str | Path, *, scale: Scale, jobs: int = 1,
    on_piece: Callable[[], None] = lambda: None,
) -> Outcome:  # fmt: skip
    """Train and measure what is missing; `on_piece` is called after each piece of work.

    Raises InputError for data that are not on this machine, damaged results, results in another
    form, a folder that another process holds, and a training that diverges.
    """
    folder = Path(folder)
    with held(folder):
        whole = plan(experiment, folder, scale)
        for stage in whole.stages:
            for _ in done(stage, 1 if experiment.alone else jobs):
                on_piece()
        return outcome(experiment, folder, whole.points)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other experiments out of the folder, and remove what killed ones left half written."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: choose another folder with --out")
    for part in (MODELS, POINTS):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(alone_in(folder))
        except BlockingIOError as error:
            raise InputError(
                f"{folder} is in use: another experiment runs there; wait until it has ended, or "
                "choose another --out"
            ) from error
        for part in (folder, folder / MODELS, folder / POINTS):
            remove_orphans(part)
        yield


def outcome(experiment: Experiment, folder: Path, points: list[Point]) -> Outcome:
    """All rows, point by point, from the files that keep them."""
    looks = [read(point_record(folder, point.key(experiment.name)), "rows") for point in points]
    cells = with_beginnings(cell for point in points for cell in point.cells)
    trained = [read(record(folder, cell), "history") for cell in cells if is_done(folder, cell)]
    rows = [row for one in looks for row in one["rows"]]
    made = [*trained, *looks]
    versions, machines = (sorted({one[name] for one in made}) for name in ("minivit", "machine"))
    return Outcome(rows, versions, machines)


def check_data(experiment: Experiment, scale: Scale) -> None:
    """InputError, with how to get it, for a data set that is not on this machine."""
    cells = with_beginnings(cell for point in experiment.points(scale) for cell in point.cells)
    for name in dict.fromkeys(cell.images.name for cell in cells):
        if name in KNOWN and found(name) is None:
            raise InputError(
                f"{experiment.name} needs {name}, which is not on this machine: set {VARIABLE} to "
                f"the folder above it, or fetch it with `minivit data get {name}`"
            )
