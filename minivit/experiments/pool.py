"""The rivals: a ViT, a ResNet and a hybrid of equal computation, which several experiments share.

What an experiment asks for here it finds in the pool of models if another one has trained it.
"""

from collections.abc import Mapping

from minivit.experiments import positions
from minivit.experiments.cell import Cell, Images
from minivit.experiments.experiment import Scale

VIT, RESNET, HYBRID = "ViT", "ResNet", "hybrid"
ROOT = {"root_side": 3, "root_stride": 2, "root_pool": False}
# For each: a recipe, and the changes of its model and its training that make some 7 MFLOP for an
# image of 28 x 28 pixels. The map of the hybrid's backbone has 7 x 7 places, as many as the ViT has
# patches, and so has that of the ResNet.
RIVALS = {
    VIT: ("fashion-small", positions.MODEL | {"positions": "learned", "positions_at": "input"}, {}),
    RESNET: (
        "fashion-resnet", ROOT | {"root": 15, "groups": 5, "stages": (2, 2)},
        {"batch": 64, "learning_rate": 0.01},
    ),
    HYBRID: (
        "fashion-hybrid",
        ROOT | {"variant": "hybrid-28", "root": 8, "groups": 4, "stages": (1, 1), "width": 48,
                "depth": 2, "heads": 3, "mlp": 144},
        {"batch": 64, "learning_rate": 0.01},
    ),
}  # fmt: skip
EPOCHS = positions.TRAINING["epochs"]
# How they are trained, for the claims of all that compare them.
BEGUN = (
    "ViT and hybrid are trained by Muon, and begin as trained models often end: attention goes "
    "from like to like, and positions are sinusoids (the hybrid's stay so). The ResNet is trained "
    "by AdamW, and begins at random, as Google's code does. All have one rate, 0.01, and not one "
    "chosen for each."
)
SIZES = (
    "The ViT has 60,730 parameters, and the ResNet fewer: 46,690 (counted, and not in the table)."
)


def cell(rival: str, seed: int, scale: Scale, changes: Mapping | None = None) -> Cell:
    """A rival's training on the clothes that come with minivit; changed, a rival of another size.

    `changes`: fields of the model's configuration.
    """
    images = Images("fashion-small", train=scale.train, test=scale.test)
    return cell_on(images, rival, seed, {"epochs": scale.of(EPOCHS)}, changes)


def cell_on(
    images: Images, rival: str, seed: int, training: Mapping, changes: Mapping | None = None
) -> Cell:
    """A rival's training on any images; `training` tells what differs from its usual one."""
    recipe, model, usual = RIVALS[rival]
    return Cell(images, recipe, seed, {**model, **(changes or {})}, {**usual, **training})
