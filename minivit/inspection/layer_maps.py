"""What every layer makes of an image, as a map over its places.

    maps[layer] (B, rows, columns, channels)

A place of a map stands for a square of the image: a patch, or the pixels around which a convolution
stops. Of a backbone these are the maps of the root's convolution, of the root (behind its norm, its
ReLU and its max-pooling), and of every unit; of a ViT the tokens of the patches as they come in,
and behind every branch. The cls token lies nowhere, and is left out.
"""

import numpy as np

from minivit.inspection.lens import token_places
from minivit.inspection.recording import recorded
from minivit.models import Model
from minivit.models.backbone_units import root, root_end, units
from minivit.models.objective import need_classes


def layer_places(config) -> list[str]:
    """The arrays that the maps are, by their names in a trace, in the order of the forward."""
    found = []
    if config.root is not None:
        places = [root(config).place, root_end(config), *(unit.end for unit in units(config))]
        found = [f"{place}.y" for place in places]
    return found + (token_places(config) if config.family == "ViT" else [])


def layer_maps(model: Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """images (B, height, width, channels) -> {layer: (B, rows, columns, channels)}.

    Raises InputError for images that the model does not take, for a model that was pre-trained and
    sees but a part of the patches, and when the maps fit into no memory.
    """
    need_classes(model.config)
    c, found = model.config, recorded(model, images, layer_places(model.config))
    return {name: a if a.ndim == 4 else on_grid(a, c) for name, a in found.items()}


def on_grid(tokens: np.ndarray, c) -> np.ndarray:
    """tokens (B, T, D) -> those of the patches (B, rows, columns, D)."""
    patches = tokens[:, c.has_cls : c.has_cls + c.patches]
    return patches.reshape(len(tokens), *c.grid, -1)
