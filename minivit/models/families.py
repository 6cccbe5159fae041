"""The kinds of model that there are, and which one a configuration asks for."""

from minivit.models.architecture import Architecture
from minivit.models.config import ViTConfig
from minivit.models.masked_autoencoder import MAE
from minivit.models.masked_patches import MASKED_PATCHES
from minivit.models.resnet import RESNET
from minivit.models.resnet_config import ResNetConfig
from minivit.models.vit import VIT
from minivit.params import Layout

BY_OBJECTIVE = {"classes": VIT, "masked-patches": MASKED_PATCHES, "mae": MAE}  # of a ViT
ARCHITECTURES = (*BY_OBJECTIVE.values(), RESNET)
Config = ViTConfig | ResNetConfig


def architecture_of(config: Config) -> Architecture:
    """The architecture of this kind that learns what the configuration says."""
    return RESNET if isinstance(config, ResNetConfig) else BY_OBJECTIVE[config.objective]


def layout_of(config: Config) -> Layout:
    """Every parameter that a configuration asks for. Nothing is allocated."""
    return Layout(architecture_of(config).parameters(config))
