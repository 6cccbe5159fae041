"""The gallery of a page: test images of the run, packed, and what the model says of each.

Where the pixels have few levels (the digits have 17, pictures of bytes 256 for each channel), a
pixel is written as the number of its level, in as few bits as that takes, and nothing is lost.
Other images are written in the model's own type. What the model says is told from here, in its own
type; the page computes it anew for whatever image is opened.
"""

from typing import NamedTuple

import numpy as np

from minivit import inspection
from minivit.data.dataset import evenly
from minivit.figures.page.letters import BITS
from minivit.models import ViT
from minivit.ops import softmax_forward

LEVELS = 256  # of a channel, at most, to be written as numbers of levels
TOLD = 40  # bytes of JSON for each image, at most


class Gallery(NamedTuple):
    """Test images with their classes: numbers (n,), images (n, ...), labels (n,); `of` how many."""

    numbers: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    of: int


class Packed(NamedTuple):
    """Images as bytes: levels[channel] lists what `bits` bits stand for; None: as they are."""

    content: bytes
    levels: list[list[float]] | None
    bits: int


def in_gallery(model: ViT, gallery: Gallery) -> tuple[dict, bytes]:
    """What a page is told of the gallery, and its images as bytes.

    `lens` is the part of the images that the logit lens reads right, by `lens_places`.
    """
    logits = inspection.logit_lens(model, gallery.images)  # (n, stages, C)
    said = logits.argmax(axis=-1)
    sure = softmax_forward(logits[:, -1].astype(np.float64))[0].max(axis=-1)
    content, levels, bits = packed(gallery.images, model.dtype)
    told = {
        "of": gallery.of,
        "numbers": gallery.numbers.tolist(),
        "labels": gallery.labels.tolist(),
        "said": said[:, -1].tolist(),
        "sure": sure.round(4).tolist(),
        "lens": (said == gallery.labels[:, None]).mean(axis=0).tolist(),
        "levels": levels,
        "bits": bits,
    }
    return told, content


def fitting(gallery: Gallery, dtype: np.dtype, room: float) -> Gallery:
    """As many images of the gallery, evenly chosen, as have room in so many bytes of a page."""
    levels = levels_of(gallery.images)
    fixed = 2000 + sum(26 * len(one) for one in levels or [])
    bits = bits_of(levels, dtype) * gallery.images[0].size
    most = int(max(room - fixed, 0) / (2 * bits / BITS + TOLD))
    chosen = evenly(np.arange(len(gallery.numbers)), min(most, len(gallery.numbers)))
    return Gallery(*(part[chosen] for part in gallery[:3]), gallery.of)


def packed(images: np.ndarray, dtype: np.dtype) -> Packed:
    """Images (n, height, width, channels) as bytes, from the first pixel of the first image on."""
    levels = levels_of(images)
    bits = bits_of(levels, dtype)
    if levels is None:
        return Packed(images.astype(dtype.newbyteorder("<")).tobytes(), None, bits)
    numbers = [np.searchsorted(one, images[..., c]) for c, one in enumerate(levels)]
    flat = np.stack(numbers, axis=-1).astype(np.uint8).reshape(-1, 1)
    content = np.packbits(np.unpackbits(flat, axis=1)[:, 8 - bits :]).tobytes()
    return Packed(content, [one.tolist() for one in levels], bits)


def levels_of(images: np.ndarray) -> list[np.ndarray] | None:
    """The values that each channel takes; None where one takes more than LEVELS."""
    levels = [np.unique(images[..., c]) for c in range(images.shape[-1])]
    return levels if max(map(len, levels)) <= LEVELS else None


def bits_of(levels: list[np.ndarray] | None, dtype: np.dtype) -> int:
    """Bits of a number: 1 to 8 of a level, or those of the dtype."""
    if levels is None:
        return 8 * dtype.itemsize
    return max(1, (max(map(len, levels)) - 1).bit_length())
