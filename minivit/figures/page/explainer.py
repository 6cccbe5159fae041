"""The whole page of a model: what it is told, its script, its style and its sentences."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from minivit.errors import InputError
from minivit.figures.page.gallery import Gallery, fitting, in_gallery
from minivit.figures.page.learning import Learning, curve, in_page
from minivit.figures.page.measures import told_measures
from minivit.figures.page.payload import Shown, payload, size
from minivit.figures.page.shell import page
from minivit.figures.page.shown import check_shown
from minivit.figures.page.sources import script, sentences, style
from minivit.models import ViT

MEGABYTE = 1_000_000
MOST = 8.0  # megabytes of a page, unless another limit is told


def explainer_page(
    model: ViT, shown: Sequence[Shown], *, name: str, gallery: Gallery | None = None,
    learning: Learning | None = None, most: float = MOST, language: str = "en",
) -> str:  # fmt: skip
    """One HTML file that runs the model on these images: the same inputs, the same text.

    `name` is what the page calls the model, and `most` how many megabytes it may have. Of the
    gallery, and then of the snapshots, it holds as many as fit, and says so.

    Raises InputError for a model that the page can't compute (shown.py), for one that is too large,
    for images that it does not take, and without images; for a log or a snapshot that is damaged.
    """
    if not shown:
        raise InputError("there are no images to show: give one at least")
    check_explained(model, most, len(shown))
    told, weights, images = payload(model, name, shown)
    told["learning"] = curve(learning) if learning else None
    measured = gallery.images if gallery else np.stack([one.image for one in shown])
    told["measures"] = told_measures(model, measured)
    strings = sentences(language)
    said = strings["noscript"].format(name=told["name"], classes=len(told["classes"]))
    title = strings["title"].format(name=told["name"])
    written = partial(
        page, language=language, title=title, noscript=said, strings=strings,
        weights=weights, images=images, script=script(), style=style(),
    )  # fmt: skip
    text = written(told=told, gallery=b"", snapshots=())
    check_bytes(len(text.encode()), most)
    packed = b""
    some = gallery and fitting(gallery, model.dtype, room(text, most))
    if some and len(some.numbers):
        told["gallery"], packed = in_gallery(model, some)
        text = written(told=told, gallery=packed, snapshots=())
    if learning and learning.snapshots:
        seen = model.check_images(np.stack([one.image for one in shown]))
        told["learning"]["snapshots"], kept = in_page(learning, model, seen, room(text, most))
        text = written(told=told, gallery=packed, snapshots=kept)
    return text


def room(text: str, most: float) -> float:
    """How many bytes a page of so many megabytes may still get."""
    return most * MEGABYTE - len(text.encode())


def check_explained(model: ViT, most: float = MOST, shown: int = 1) -> None:
    """InputError, before anything is made, for a model that the page can't compute, and for one
    that is too large with so many images.
    """
    check_shown(model.config)
    numbers = size(model.config, model.dtype, shown, model.layout.size)
    check_bytes(numbers + len(script()) + len(style()), most)


def check_bytes(count: int, most: float) -> None:
    """InputError for a page of more megabytes than it may have."""
    if count > most * MEGABYTE:
        raise InputError(
            f"the page would have {count / MEGABYTE:.1f} MB, and its limit is {most:g} MB: allow "
            f"it by --max-mb {-(-count // MEGABYTE)}, or choose a smaller model or fewer images"
        )
