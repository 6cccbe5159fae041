"""The kinds of model that there are, and which one a configuration is of."""

from minivit.models.architecture import Architecture
from minivit.models.config import ViTConfig
from minivit.models.resnet import RESNET
from minivit.models.resnet_config import ResNetConfig
from minivit.models.vit import VIT
from minivit.params import Layout

ARCHITECTURES = (VIT, RESNET)
Config = ViTConfig | ResNetConfig


def architecture_of(config: Config) -> Architecture:
    """The architecture that a configuration is of."""
    return next(a for a in ARCHITECTURES if isinstance(config, a.configuration))


def layout_of(config: Config) -> Layout:
    """Every parameter that a configuration asks for. Nothing is allocated."""
    return Layout(architecture_of(config).parameters(config))
