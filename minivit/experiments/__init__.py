"""The paper's claims, redone in small: a grid of recipes -> a table -> a figure -> a verdict.

    positions.py, pooling.py, ...   an experiment each: its grid, what is measured, what is claimed
    changes.py, adversarial.py      what is done to test images; a patch that misleads a model
    layer_rows.py                   what layers do when an image moves or a pixel changes
    forming_rows.py                 what of positions and filters is in order, moment by moment
    pool.py                         the rivals: three models of equal computation, for several
    experiment.py                   what an experiment is: points, a scale, findings, a drawing
    cell.py                         one training, told by all that its result depends on
    work.py, running.py             trainings and measurements, in worker processes; going on
    kept.py                         the pool: what is finished, in files
    table.py, drawing.py, picture.py, verdict.py, claims.py
                                    the table, the figure, the sentence, the page of all
    lesson.py                       what a lesson tells of a table
    results/                        the tables that came with minivit

To add one, write its file and put it into EXPERIMENTS.
"""

from minivit.experiments import (
    attention_kinds,
    biases,
    computation,
    costs,
    data,
    distances,
    forming,
    masked,
    optimisers,
    patch,
    pooling,
    positions,
    resolution,
    robustness,
    shift,
    sizes,
    two_towers,
)
from minivit.experiments.claims import committed, take_over, write_page
from minivit.experiments.experiment import FULL, QUICK, Experiment, Point, Scale
from minivit.experiments.lesson import grouped, print_means, tell
from minivit.experiments.running import check_data, plan, run
from minivit.experiments.verdict import Verdict, verdict

EXPERIMENTS = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        data, computation, positions, pooling, resolution, attention_kinds, sizes, optimisers,
        masked, distances, forming, robustness, shift, patch, biases, costs, two_towers,
    )
}  # fmt: skip

__all__ = [
    "EXPERIMENTS",
    "FULL",
    "QUICK",
    "Experiment",
    "Point",
    "Scale",
    "Verdict",
    "check_data",
    "committed",
    "grouped",
    "plan",
    "print_means",
    "run",
    "take_over",
    "tell",
    "verdict",
    "write_page",
]
