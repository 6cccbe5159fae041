"""Which pixels a class's logit follows: its gradient, and integrated gradients.

    saliency               d logit_c / d x
    integrated gradients   (x - x_0) * integral over a from 0 to 1 of
                           d logit_c / d x at x_0 + a (x - x_0)

(Simonyan et al. 2014, "Deep inside convolutional networks"; Sundararajan et al. 2017, "Axiomatic
attribution for deep networks".) The second adds up to logit_c(x) - logit_c(x_0), so x_0 has to be
told with it: an image of one colour, where nothing is to be seen.

Of the logit, not the probability: this goes flat where the model is sure.
"""

import numpy as np

from minivit import backend
from minivit.data import black_and_white
from minivit.errors import InputError
from minivit.inspection.recording import at_once
from minivit.models import Model
from minivit.models.chance import Chance
from minivit.models.memory import check_memory, counted
from minivit.models.objective import need_classes
from minivit.ops.cross_entropy import check_labels
from minivit.params import NamedArrays

NODES = 64  # of the line from x_0 to x
BASELINES = ("black", "white", "mean")


def saliency(model: Model, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The gradient of a class's logit by the pixels.

    images (B, height, width, channels), targets (B,): a class for each
    -> d logit / d images (B, height, width, channels). The model's own gradients are left alone.

    Raises InputError for images that the model does not take, a class that it does not have, and
    when an image's backward can't fit into memory.
    """
    need_classes(model.config)
    images = model.check_images(images)
    dlogits = one_hot(targets, len(images), model.config.classes, model.dtype)
    found = np.empty_like(images)
    g = NamedArrays(model.layout, model.dtype)  # what the parameters get, which nobody reads
    batch = at_once(counted(model.architecture, model.config)[0], model.dtype)
    for start in range(0, len(images), batch):
        some = slice(start, start + batch)
        found[some] = image_gradient(model, g, images[some], dlogits[some])
    return found


def saliency_map(gradient: np.ndarray) -> np.ndarray:
    """gradient (B, height, width, channels) -> (B, height, width): its largest size in a pixel."""
    return np.abs(gradient).max(axis=-1)


def integrated_gradients(
    model: Model, images: np.ndarray, targets: np.ndarray, x0: np.ndarray | None = None,
    nodes: int = NODES,
) -> np.ndarray:  # fmt: skip
    """What every number of an image adds to a class's logit, on the straight way from x_0.

    images (B, height, width, channels), targets (B,), x0: anything that broadcasts to the images,
    or None for `baseline(model, images)` -> (B, height, width, channels), which adds up to
    logit(x) - logit(x_0). The integral is a Gauss-Legendre sum of `nodes` gradients: of the digits'
    model, in float64, it is off by 5e-8 with 64 where plain steps are off by 3e-2. With `top_k` the
    logit jumps where another key takes a place, and what it jumps is in no gradient.

    Raises InputError as `saliency` does, and for no node.
    """
    images = model.check_images(images)
    x0 = baseline(model, images) if x0 is None else np.asarray(x0, model.dtype)
    if nodes < 1:
        raise InputError(f"nodes is {nodes}: expected a whole number from 1")
    targets = np.asarray(targets)
    one_hot(targets, len(images), model.config.classes, model.dtype)  # checks them
    points, weights = np.polynomial.legendre.leggauss(nodes)  # on [-1, 1]
    along = ((points + 1) / 2).astype(model.dtype)[:, None, None, None]
    weights = (weights / 2).astype(model.dtype)[:, None, None, None]
    away = images - x0  # (B, height, width, channels)
    found = np.empty_like(images)
    for i, image in enumerate(images):
        line = image - (1 - along) * away[i]  # (nodes, height, width, channels)
        gradients = saliency(model, line, np.full(nodes, targets[i]))
        found[i] = away[i] * (weights * gradients).sum(axis=0)
    return found


def baseline(model: Model, images: np.ndarray, kind: str | None = None) -> np.ndarray:
    """An image of one colour in place of each: what "nothing" looks like to the model.

    images (B, height, width, channels) -> (B, 1, 1, channels). `kind` is "black", "white" or
    "mean", the image's own mean colour; None: black where bright strokes stand on a dark ground,
    else the mean. Black and white are what the model's preprocessing says: 0 is often neither.

    Raises InputError for another kind.
    """
    images = model.check_images(images)
    kind = usual_baseline(model) if kind is None else kind
    if kind not in BASELINES:
        raise InputError(f"the baseline is {kind!r}: choose {', '.join(BASELINES)}")
    if kind == "mean":
        return images.mean(axis=(1, 2), keepdims=True)
    level = levels(model, images)[kind == "white"]
    return np.broadcast_to(level, (len(images), 1, 1, images.shape[-1])).copy()


def usual_baseline(model: Model) -> str:
    """The kind of baseline that `baseline` takes by itself."""
    return "black" if model.preprocessing.get("ink") == "bright" else "mean"


def levels(model: Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that black and white became, () or (channels,) each."""
    low, high = (model.preprocessing.get(name) for name in ("low", "high"))
    if low is None or high is None:
        low, high = black_and_white(model.preprocessing, images)
    return np.asarray(low, model.dtype), np.asarray(high, model.dtype)


def one_hot(targets: np.ndarray, images: int, classes: int, dtype) -> np.ndarray:
    """targets (B,) -> (B, C), the gradient of sum_b logits[b, targets[b]] by the logits.

    Raises InputError unless there is a class of the model for each image.
    """
    targets = np.asarray(targets)
    check_labels(targets, images, classes)
    return np.eye(classes, dtype=dtype)[targets]


def image_gradient(
    model: Model, g: NamedArrays, images: np.ndarray, dlogits: np.ndarray
) -> np.ndarray:
    """dlogits (B, C) -> dimages (B, height, width, channels); `g` takes the parameters' part."""
    ops, caches, c = backend.current(), {}, model.config
    check_memory(model.architecture, ops, model.parameters, c, len(images))
    model.architecture.forward(ops, model.parameters, c, images, caches, Chance())
    return model.architecture.backward(ops, g, c, dlogits, caches, True)
