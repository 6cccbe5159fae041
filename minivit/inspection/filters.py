"""The principal components of the first filters: the embedding's, or those of a backbone's root.

    X = w - the mean of its columns,   X = U diag(s) V^T,   component i = column i of U, as a patch

w (P*P*channels, D) has a filter in each of its D columns: these are the samples, and what they have
in common is left out. s_i^2 / sum s^2 is the share of component i in how the filters differ. (ViT
paper, figure 7 left; its code was not published.) Of a root they are the filters as the convolution
takes them: standardised, where the norm is GroupNorm.
"""

from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.inspection.attention_measures import check_patches
from minivit.models import Model
from minivit.models.backbone import filters_forward
from minivit.models.backbone_units import root
from minivit.models.caches import Forgetful

SHOWN = 28  # components, as in the paper


class Filters(NamedTuple):
    components: np.ndarray  # (n, P, P, channels), of length 1 each, orthogonal to each other
    shares: np.ndarray  # (n,), falling; of all components they sum to 1


def embedding_filters(model: Model, count: int | None = SHOWN) -> Filters:
    """The first `count` components of a model's embedding, or all, as patches.

    There are at most as many as a patch has numbers, and as there are filters. With `patch_norm`
    the filters see patches that were normalised; a hybrid's see those of its backbone's map, whose
    channels are no colours.

    Raises InputError for a ResNet, which has no embedding.
    """
    c, p = model.config, model.parameters
    check_patches(c)
    w = p["projection.w" if c.patch_norm else "embed.w"]
    components, shares = principal_filters(w, count)
    return Filters(components.reshape(-1, *c.patch, c.map_channels), shares)


def first_filters(model: Model, count: int | None = SHOWN) -> Filters:
    """The same of the filters that see the pixels: the root's, where there is a backbone.

    A standardised filter has the mean 0, so that there is a component less than it has numbers; and
    one less than there are filters, because what these have in common is left out.
    """
    c = model.config
    if c.root is None:
        return embedding_filters(model, count)
    w = filters_forward(ops, model.parameters, c, root(c), Forgetful())
    w = w.reshape(-1, w.shape[-1])  # (pixels, out)
    rows = w.shape[0] - (c.norm == "group")
    most = max(1, min(rows, w.shape[1] - 1))
    components, shares = principal_filters(w, most if count is None else min(count, most))
    return Filters(components.reshape(-1, c.root_side, c.root_side, c.channels), shares)


def principal_filters(w: np.ndarray, count: int | None = SHOWN) -> tuple[np.ndarray, np.ndarray]:
    """w (pixels, D) -> components (n, pixels) and shares (n,), in float64.

    The sign of a component says nothing: its entry of largest size is made positive, so that w and
    -w give one picture.
    """
    w = np.asarray(w, np.float64)
    U, s, _ = np.linalg.svd(w - w.mean(axis=1, keepdims=True), full_matrices=False)
    count = len(s) if count is None else min(count, len(s))
    components = U.T[:count]  # (n, pixels)
    largest = np.abs(components).argmax(axis=1)[:, None]
    components = components * np.sign(np.take_along_axis(components, largest, axis=1))
    total = np.square(s).sum()
    return components, np.square(s[:count]) / (total if total > 0 else 1)
