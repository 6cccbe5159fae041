"""The linear probe: how good are a model's features, when the model itself stays as it is?

A linear map from frozen features to one number for each class, +1 for the right one and -1 for the
others, in closed form (regularised least squares; ViT paper, section 4.1, "few-shot"):

    w, b = the least of  sum_i |x_i w + b - t_i|^2 + r |w|^2,   t_i in {-1, 1}^C

x are the features, standardised over the images that are learnt from. What the features are, the
pooling decides: see minivit/models/representation.py. With X = U S V^T and both sides centred,

    w = V S / (S^2 + r) U^T t,   b = mean(t) - mean(x) w

The regulariser r is chosen without any other images: leaving out image i changes its own residual
e_i to e_i / (1 - h_i), where h_i is what its own target has in its answer (Golub, Heath and Wahba
1979, "Generalized cross-validation as a method for choosing a good ridge parameter").
"""

from typing import NamedTuple

import numpy as np

from minivit.data import Dataset, ImageSource, checked, seen_by
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.models import Model, representation

BATCH = 64
REGULARISERS = tuple(2.0**i for i in range(-10, 20))  # those of Google's few-shot code
TINY = 1e-5  # beside a feature's spread, as there


class Probe(NamedTuple):
    """A linear map on frozen features, and how good it is."""

    w: np.ndarray  # (D, C): answers = representation(model, images) @ w + b
    b: np.ndarray  # (C,)
    regulariser: float
    images: int  # it has learnt from
    accuracy: float  # on the test images, 0 to 1


def probe(
    model: Model, data: Dataset, *, shots: int | None = None, seed: int = 0,
    regulariser: float | None = None,
) -> Probe:  # fmt: skip
    """Fit a linear probe to a data set's training images, and measure it on its test images.

    Images are resized to the model's, and black, white and colours become what they are to it.
    `shots`: learn from so many images of each class alone, drawn from the seed; None: from all.
    `regulariser`: None: that of REGULARISERS with the least error when each image is left out.

    Raises InputError when there are fewer images of a class, for images that can't become the
    model's, and for features that are not finite.
    """
    return probes(model, data, shots=shots, seed=seed, regulariser=regulariser)[0]


def probes(
    model: Model, data: Dataset, *, shots: int | None = None, draws: int = 1, seed: int = 0,
    regulariser: float | None = None,
) -> list[Probe]:  # fmt: skip
    """A probe for each of several draws of the shots; the test images' features are made once."""
    data = seen_by(model, checked(data), model.config.image)
    if regulariser is not None and not 0 < regulariser < np.inf:
        raise InputError(f"regulariser is {regulariser}: expected a number above 0, or None")
    chosen = [few(data.train.labels, shots, seed + draw) for draw in range(draws)]
    test, found = features(model, data.test.images), []
    classes = len(data.class_names)
    for indices in chosen:
        seen = features(model, data.train.images[indices])
        w, b, r = fitted(seen, targets(data.train.labels[indices], classes), regulariser)
        right = (test @ w + b).argmax(axis=1) == data.test.labels
        found.append(Probe(w, b, r, len(indices), float(right.mean())))
    return found


def features(model: Model, images: np.ndarray | ImageSource) -> np.ndarray:
    """images (n, height, width, channels) -> (n, D) float64, batch by batch."""
    starts = range(0, len(images), BATCH)
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        parts = [representation(model, images[i : i + BATCH]) for i in starts]
    found = np.concatenate(parts).astype(np.float64)
    if not np.isfinite(found).all():
        raise InputError(
            "the model's features overflow: its parameters are too large; choose another checkpoint"
        )
    return found


def few(labels: np.ndarray, shots: int | None, seed: int) -> np.ndarray:
    """labels (n,) -> the numbers of `shots` images of each class, in order; of all for None."""
    if shots is None:
        return np.arange(len(labels))
    least = int(np.unique(labels, return_counts=True)[1].min(initial=len(labels)))
    if not is_whole_number(shots) or not 1 <= shots <= least:
        raise InputError(
            f"shots is {shots}, and the smallest class has {least} images to learn from: expected "
            f"a whole number from 1 to {least}"
        )
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(labels == c))[:shots] for c in np.unique(labels)]
    return np.sort(np.concatenate(drawn))


def targets(labels: np.ndarray, classes: int) -> np.ndarray:
    """labels (n,) -> (n, C): 1 for the class of an image, -1 for the others."""
    return np.where(labels[:, None] == np.arange(classes), 1.0, -1.0)


def fitted(
    x: np.ndarray, t: np.ndarray, regulariser: float | None = None
) -> tuple[np.ndarray, np.ndarray, float]:
    """x (n, D), t (n, C) -> w (D, C) and b (C,) for x as it is, and the regulariser."""
    mean, spread, middle = x.mean(axis=0), x.std(axis=0) + TINY, t.mean(axis=0)
    U, S, Vt = np.linalg.svd((x - mean) / spread, full_matrices=False)
    of_t = U.T @ (t - middle)
    if regulariser is None:
        errors = [left_out_error(U, S, of_t, t - middle, r) for r in REGULARISERS]
        regulariser = REGULARISERS[int(np.argmin(errors))]
    w = Vt.T @ ((S / (S * S + regulariser))[:, None] * of_t) / spread[:, None]
    return w, middle - mean @ w, float(regulariser)


def left_out_error(
    U: np.ndarray, S: np.ndarray, of_t: np.ndarray, t: np.ndarray, regulariser: float
) -> float:
    """The mean square of e_i / (1 - h_i) over images and classes; t (n, C) is centred."""
    kept = S * S / (S * S + regulariser)
    residual = t - U @ (kept[:, None] * of_t)
    own = (U * U) @ kept + 1 / len(U)  # the mean of the targets has a part of each, too
    return float(np.square(residual / np.maximum(1 - own, 1e-9)[:, None]).mean())
