"""The work of an experiment: trainings that are missing in the pool, then points that are measured.

Each runs as any training of the library does. Worker processes get one thread each; they leave
Ctrl-C to the process that started them, and end when that one does.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

from minivit import backend, chosen
from minivit.errors import InputError
from minivit.experiments.cell import Cell, loaded
from minivit.experiments.experiment import Experiment, Point
from minivit.experiments.kept import along, keep_cell, learnt, point_record, write
from minivit.threads import BLAS_VARIABLES
from minivit.training import (
    BestEpoch,
    Diverged,
    Training,
    finetuning,
    keep_snapshot,
    load_recipe,
    remove_snapshots,
    run_data,
    train,
)

ONE_THREAD = (*BLAS_VARIABLES, "NUMBA_NUM_THREADS", "MINIVIT_NUM_THREADS")
Work = tuple[Callable, tuple]  # a function, and what it is called with


def learn(folder: Path, cell: Cell) -> None:
    """Train a cell, and keep what came out; on the way the snapshots that its recipe asks for."""
    training, home, best = begun(folder, cell), along(folder, cell), BestEpoch()
    remove_snapshots(home)  # of a training that was stopped
    if training.config.snapshots:
        home.mkdir(exist_ok=True)
    try:
        keep_snapshot(training, home)
        train(training.config, training.data, training=training,
              on_step=lambda training, loss: keep_snapshot(training, home),
              on_epoch=best if cell.best else nothing)  # fmt: skip
    except Diverged as error:
        raise InputError(f"{error}. It was a cell of {cell.told}") from error
    if cell.best:
        best.restore(training.model)
    keep_cell(folder, cell, training.model, training.state.history)


def nothing(training: Training, row: dict) -> None:
    """What is done after an epoch if the last one counts."""


def begun(folder: Path, cell: Cell) -> Training:
    """A cell's training before its first step."""
    if cell.begins is None:
        return fresh(cell)
    model, changes = learnt(folder, cell.begins).model, {**cell.training, "seed": cell.seed}
    return finetuning(model, loaded(cell.images), recipe=cell.recipe, training=changes)


def fresh(cell: Cell) -> Training:
    """The same for a cell that begins with no other: its model has learnt nothing."""
    data, changes = loaded(cell.images), {**cell.training, "seed": cell.seed}
    config = load_recipe(cell.recipe).config(data, model=dict(cell.model), training=changes)
    return Training(config, run_data(data, config))


def look(folder: Path, experiment: Experiment, point: Point) -> None:
    """Measure a point, and keep its rows."""
    results = experiment.measure(point, [learnt(folder, cell) for cell in point.cells])
    rows = [{**point.settings, **result} for result in results]
    write(point_record(folder, point.key(experiment.name)), {"rows": rows})


def done(work: Sequence[Work], jobs: int) -> Iterator[None]:
    """Do the work, and yield after each piece; with several jobs in that many processes."""
    if jobs == 1 or len(work) < 2:
        for function, arguments in work:
            yield function(*arguments)
        return
    context = multiprocessing.get_context("spawn")
    with environment(dict.fromkeys(ONE_THREAD, "1") | {"MINIVIT_BACKEND": backend.name()}):
        now = chosen.now()
        pool = ProcessPoolExecutor(
            min(jobs, len(work)), context, begin_worker, (now.precision, now.emulate)
        )
        try:
            for future in as_completed([pool.submit(f, *arguments) for f, arguments in work]):
                yield future.result()
        except BrokenProcessPool as error:
            raise InputError(
                "a worker process was killed, maybe because memory ran out: what was finished is "
                "kept; run again to go on, with fewer --jobs"
            ) from error
        finally:
            stop(pool)


def begin_worker(precision: str, emulate: bool) -> None:
    """What a worker does first; its threads are decided by the environment that it began in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    backend.prefer("numba", precision=precision, emulate=emulate)


def end_with_parent() -> None:
    """A process that is killed can't tell its workers: they notice."""
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def stop(pool: ProcessPoolExecutor) -> None:
    """End the workers; those that are still at work lose it."""
    pool.shutdown(wait=False, cancel_futures=True)
    for process in multiprocessing.active_children():
        process.terminate()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes begin with which are started in the block."""
    former = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
