"""How far every head looks, how evenly, and how much it gives to cls: means over many images.

A page could find them by itself, from hundreds of traces; they are told to it.
"""

import numpy as np

from minivit import inspection
from minivit.data.dataset import evenly
from minivit.models import ViT

MEASURED = 128  # images, at most, as in the paper
KINDS = ("distance", "entropy", "cls_share")


def told_measures(model: ViT, images: np.ndarray) -> dict | None:
    """Each measure as [block][head], to six digits, and over how many of the images.

    None where no block attends to anything.
    """
    if not model.config.depth:
        return None
    some = images[evenly(np.arange(len(images)), min(MEASURED, len(images)))]
    measures = inspection.head_measures(model, some)
    return {"images": len(some)} | {kind: rounded(getattr(measures, kind)) for kind in KINDS}


def rounded(array: np.ndarray) -> list:
    return [[float(f"{number:.6g}") for number in row] for row in array.tolist()]
