"""Training: the recipe, the loop, how good a model is, and the folder of a run; fine-tuning, and
the linear probe of a model that stays as it is.
"""

from minivit.training.alignment import Alignment, align
from minivit.training.best_epoch import BestEpoch
from minivit.training.divergence import Diverged
from minivit.training.evaluation import (
    Evaluation,
    Measured,
    accuracy_of,
    evaluate,
    measured,
    predict_logits,
)
from minivit.training.feed import Batch, Feed
from minivit.training.finetuning import all_but_head, finetune, finetuning, first_blocks
from minivit.training.folder import check_vacant, held, new_folder, others, remove_pictures
from minivit.training.lines import epoch_line, heading
from minivit.training.log import RunLog, read_log, told_apart
from minivit.training.loop import train
from minivit.training.named_recipe import Recipe
from minivit.training.pace import (
    Expected,
    Pace,
    evaluation_seconds,
    fit_time,
    rehearse,
    time_in_words,
)
from minivit.training.probe import Probe, probe, probes
from minivit.training.recipe import TrainingConfig
from minivit.training.recipe_reading import load_recipe, recipe_file, recipe_names
from minivit.training.run import check_finite, load_run, run_data, save_run, write_tables
from minivit.training.snapshot_files import keep_snapshot, remove_snapshots, snapshots
from minivit.training.state import State
from minivit.training.training import Training

__all__ = [
    "Alignment",
    "Batch",
    "BestEpoch",
    "Diverged",
    "Evaluation",
    "Expected",
    "Feed",
    "Measured",
    "Pace",
    "Probe",
    "Recipe",
    "RunLog",
    "State",
    "Training",
    "TrainingConfig",
    "accuracy_of",
    "align",
    "all_but_head",
    "check_finite",
    "check_vacant",
    "epoch_line",
    "evaluate",
    "evaluation_seconds",
    "finetune",
    "finetuning",
    "first_blocks",
    "fit_time",
    "heading",
    "held",
    "keep_snapshot",
    "load_recipe",
    "load_run",
    "measured",
    "new_folder",
    "others",
    "predict_logits",
    "probe",
    "probes",
    "read_log",
    "recipe_file",
    "recipe_names",
    "rehearse",
    "remove_pictures",
    "remove_snapshots",
    "run_data",
    "save_run",
    "snapshots",
    "time_in_words",
    "told_apart",
    "train",
    "write_tables",
]
