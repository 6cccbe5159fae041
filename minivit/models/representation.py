"""What the head reads of an image: the features that a linear map makes classes of.

    cls        LN(z_L) of the cls token (D)
    mean       the mean of LN(z_L) over the patches (D)
    sequence   the mean of LN(z_L) over all tokens, with the weights that the model learned (D)
    flatten    LN(z_L) of all tokens, side by side (T D)

With `norm_after_pool` the LayerNorm comes after the pooling. A hidden layer in front of the head
(pre-logits) belongs to the head, and is not asked: the paper drops it with the head. Of a ResNet it
is the mean of the last map over its places.
"""

import numpy as np

from minivit import backend
from minivit.models.caches import Forgetful
from minivit.models.chance import Chance
from minivit.models.memory import check_memory
from minivit.models.model import Model


def representation(model: Model, images: np.ndarray) -> np.ndarray:
    """images (B, height, width, channels) -> (B, D), or (B, T D) of "flatten".

    Raises InputError as `model.logits` does.
    """
    ops, c, p = backend.current(), model.config, model.parameters
    images = model.check_images(images)
    check_memory(model.architecture, ops, p, c, len(images), keep=False)
    for tokens in model.architecture.tokens(ops, p, c, images, Forgetful(), Chance()):
        x = tokens  # only the last go on
    return model.architecture.pooled(ops, p, c, x)
