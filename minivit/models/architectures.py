"""Which kind of model a configuration asks for."""

from minivit.models.architecture import Architecture
from minivit.models.config import ViTConfig
from minivit.models.masked_autoencoder import MAE
from minivit.models.masked_patches import MASKED_PATCHES
from minivit.models.vit import VIT

BY_OBJECTIVE = {"classes": VIT, "masked-patches": MASKED_PATCHES, "mae": MAE}
NAMES = tuple(architecture.name for architecture in BY_OBJECTIVE.values())


def architecture_of(config: ViTConfig) -> Architecture:
    """The architecture that learns what the configuration says."""
    return BY_OBJECTIVE[config.objective]
