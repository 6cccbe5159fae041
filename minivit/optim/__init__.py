"""What turns gradients into steps: optimisers, schedules, clipping, averaging, freezing."""

from minivit.optim.adam import Adam
from minivit.optim.average import Average
from minivit.optim.clip import clip_scale
from minivit.optim.freezing import Range, gradient_norm, learning_names, ranges_of
from minivit.optim.muon import Muon
from minivit.optim.optimiser import Optimiser
from minivit.optim.schedule import SCHEDULES, warmup_constant, warmup_cosine, warmup_linear
from minivit.optim.sgd import SGD

__all__ = [
    "SCHEDULES",
    "SGD",
    "Adam",
    "Average",
    "Muon",
    "Optimiser",
    "Range",
    "clip_scale",
    "gradient_norm",
    "learning_names",
    "ranges_of",
    "warmup_constant",
    "warmup_cosine",
    "warmup_linear",
]
