"""What the head would say of the tokens at every depth: the logit lens.

    lens[b, s] = head(pool(LN(x_s)))

x_0 are the tokens in front of the blocks, then come those behind each branch. LayerNorm takes the
statistics of x_s itself. (nostalgebraist 2020, "interpreting GPT: the logit lens".)

Only the last x_s was ever trained to be read by the head: an early layer that the lens can't read
may know the answer in another way.
"""

import numpy as np

from minivit import ops
from minivit.errors import InputError
from minivit.inspection.attention_measures import check_patches
from minivit.inspection.recording import at_once, recorded
from minivit.models import ViT
from minivit.models.block import halves
from minivit.models.caches import Forgetful
from minivit.models.head import head_forward
from minivit.models.objective import need_classes
from minivit.models.positions import IN_FRONT, tables_of
from minivit.ops.cross_entropy import check_labels


def lens_places(config) -> list[str]:
    """The arrays that the lens reads, by their names in a trace, in the order of the forward.

    Raises InputError for a ResNet, which has no tokens, and for a model that tells no classes.
    """
    check_patches(config)
    need_classes(config)
    return token_places(config)


def token_places(config) -> list[str]:
    """Of a ViT: the tokens in front of the blocks and behind every branch, in a trace."""
    front = "embed.x" if tables_of(config, IN_FRONT) is None else f"{IN_FRONT}.y"
    branches = [half[:2] for i in range(config.depth) for half in halves(config, i)]
    return [front, *(f"{branch}.y" for pair in branches for branch in pair)]


def logit_lens(model: ViT, images: np.ndarray) -> np.ndarray:
    """images (B, height, width, channels) -> logits (B, 2L + 1, C), by `lens_places`.

    L is the depth; an axial block has four branches. The last are the model's own logits.

    Raises InputError as `lens_places` does, for images that the model does not take, and when this
    fits into no memory.
    """
    images, c, p = model.check_images(images), model.config, model.parameters
    names = lens_places(c)
    found = np.empty((len(images), len(names), c.classes), model.dtype)
    batch = at_once(len(names) * c.tokens * c.width, model.dtype)
    for start in range(0, len(images), batch):
        some = slice(start, start + batch)
        tokens = recorded(model, images[some], names)
        for stage, name in enumerate(names):
            found[some, stage] = head_forward(ops, p, c, tokens[name], Forgetful())
    return found


def lens_accuracy(model: ViT, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which part of the images the lens reads right: labels (B,) -> (2L + 1,), by `lens_places`.

    Raises InputError as `logit_lens` does, without images, and for labels that the model lacks.
    """
    if not len(images):
        raise InputError("there are no images: what part is read right is not known")
    labels = np.asarray(labels)
    check_labels(labels, len(images), model.config.classes)
    said = logit_lens(model, images).argmax(axis=-1)  # (B, stages)
    return (said == labels[:, None]).mean(axis=0)
