"""What a configuration says of its model: names and shapes. Nothing is allocated."""

import numpy as np

from minivit.models.chance import Chance
from minivit.models.families import Config, architecture_of, layout_of
from minivit.models.stand_ins import StandIns
from minivit.models.trace import Trace


def parameter_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every parameter's name and shape, from the pixels to the head."""
    return layout_of(config).shapes


def parameter_count(config: Config) -> int:
    """How many numbers the model learns."""
    return layout_of(config).size


def trace_names(config: Config) -> dict[str, tuple[int, ...]]:
    """Every name in a trace, in the order of the forward pass, and its shape without the batch."""
    images = np.empty((0, *config.image, config.channels), np.float32)
    parameters = StandIns(layout_of(config))
    values = Trace(architecture_of(config), config, parameters, images, Chance()).values
    return {  # filters have no batch, and the batch is empty
        name: array.shape if len(array) else array.shape[1:] for name, array in values.items()
    }
