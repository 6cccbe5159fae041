"""What a configuration says of its model: names and shapes. Nothing is allocated."""

import numpy as np

from minivit.models.architectures import architecture_of
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.stand_ins import StandIns
from minivit.models.trace import Trace
from minivit.params import Layout


def parameter_shapes(config: ViTConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter's name and shape, from the pixels to the head."""
    return Layout(architecture_of(config).parameters(config)).shapes


def parameter_count(config: ViTConfig) -> int:
    """How many numbers the model learns."""
    return Layout(architecture_of(config).parameters(config)).size


def trace_names(config: ViTConfig) -> dict[str, tuple[int, ...]]:
    """Every name in a trace, in the order of the forward pass, and its shape without the batch."""
    images = np.empty((0, *config.image, config.channels), np.float32)
    architecture = architecture_of(config)
    parameters = StandIns(Layout(architecture.parameters(config)))
    values = Trace(architecture, config, parameters, images, Chance()).values
    return {name: array.shape[1:] for name, array in values.items()}
