"""Training: the recipe, the loop, how good a model is, and the folder of a run."""

from minivit.training.evaluation import Evaluation, evaluate, predict_logits
from minivit.training.loop import Batch, State, Training, train
from minivit.training.recipe import TrainingConfig
from minivit.training.run import load_run, new_folder, run_data, save_run, write_tables

__all__ = [
    "Batch",
    "Evaluation",
    "State",
    "Training",
    "TrainingConfig",
    "evaluate",
    "load_run",
    "new_folder",
    "predict_logits",
    "run_data",
    "save_run",
    "train",
    "write_tables",
]
