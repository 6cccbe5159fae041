"""The rivals: a ViT, a ResNet and a hybrid of equal computation, which several experiments share.

What an experiment asks for here it finds in the pool of models if another one has trained it.
"""

from minivit.experiments import positions
from minivit.experiments.cell import Cell, Images
from minivit.experiments.experiment import Scale

VIT, RESNET, HYBRID = "ViT", "ResNet", "hybrid"
ROOT = {"root_side": 3, "root_stride": 2, "root_pool": False, "groups": 4}
# For each: a recipe, and the changes that make some 7 MFLOP for an image of 28 x 28 pixels. The
# map of the hybrid's backbone has 7 x 7 places, as many as the ViT has patches.
RIVALS = {
    VIT: ("fashion-small", positions.MODEL | {"positions": "learned", "positions_at": "input"}),
    RESNET: ("fashion-resnet", ROOT | {"root": 16, "stages": (2, 1)}),
    HYBRID: (
        "fashion-hybrid",
        {"variant": "hybrid-28", "stages": (1, 1), "root": 8, "width": 48, "depth": 2, "heads": 3,
         "mlp": 144, **ROOT},
    ),
}  # fmt: skip
# By which their trainings differ from the ViT's, or from what their recipes say.
TRAINING = {VIT: {}, RESNET: {"batch": 64}, HYBRID: {"batch": 64, "learning_rate": 0.01}}
EPOCHS = positions.TRAINING["epochs"]


def cell(rival: str, seed: int, scale: Scale) -> Cell:
    """A rival's training on the clothes that come with minivit."""
    images = Images("fashion-small", train=scale.train, test=scale.test)
    recipe, model = RIVALS[rival]
    training = {"epochs": scale.of(EPOCHS)} | TRAINING[rival]
    return Cell(images, recipe, seed, model, training)
