"""What the head reads of an image: the features that a linear map makes classes of.

    cls        LN(z_L) of the cls token (D)
    mean       the mean of LN(z_L) over the patches (D)
    sequence   the mean of LN(z_L) over all tokens, with the weights that the model learned (D)
    flatten    LN(z_L) of all tokens, side by side (T D)

With `norm_after_pool` the LayerNorm comes after the pooling. A hidden layer in front of the head
(pre-logits) belongs to the head, and is not asked: the paper drops it with the head.
"""

import numpy as np

from minivit import backend
from minivit.models.chance import Chance
from minivit.models.head import pools_apart
from minivit.models.memory import check_memory
from minivit.models.model import Forgetful, ViT


def representation(model: ViT, images: np.ndarray) -> np.ndarray:
    """images (B, height, width, channels) -> (B, D), or (B, T D) of "flatten".

    Raises InputError as `model.logits` does.
    """
    ops, c, p = backend.current(), model.config, model.parameters
    images = model.check_images(images)
    check_memory(model.architecture, ops, p, c, len(images), keep=False)
    for tokens in model.architecture.tokens(ops, p, c, images, Forgetful(), Chance()):
        x = tokens  # only the last go on: (B, T, D)
    if not c.norm_after_pool:
        x, _ = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    weights = p.of("pool") if pools_apart(c) else (None, None)
    x, _ = ops.pool_forward(x, *weights, pool=c.pool, has_cls=c.has_cls)  # (B, D)
    if c.norm_after_pool:
        x, _ = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    return x
