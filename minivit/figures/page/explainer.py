"""The whole page of a model: what it is told, its script, its style and its sentences."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from minivit.errors import InputError
from minivit.figures.page.against import beside, check_beside, sizes_beside
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
    learning: Learning | None = None, target: int | None = None,
    others: Mapping[str, ViT] | None = None, most: float = MOST, language: str = "en",
) -> str:  # fmt: skip
    """One HTML file that runs the model on these images: the same inputs, the same text.

    `name` is what the page calls the model, and `most` how many megabytes it may have. Of the
    gallery, and then of the snapshots, it holds as many as fit, and says so. `target` is the class
    whose score is asked about at first (None: how surprised the model is), and `others` are models
    to compare it with, by what they are called.

    Raises InputError for a model that the page can't compute (shown.py), for one that is too large,
    for images that it does not take, and without images; for a log or a snapshot that is damaged;
    for a class that there is not, and for others that can't be asked the same (against.py).
    """
    others = others or {}
    if not shown:
        raise InputError("there are no images to show: give one at least")
    if target is not None and not 0 <= target < model.config.classes:
        raise InputError(f"there is no class {target}: there are {model.config.classes}, from 0 on")
    check_explained(model, most, len(shown), others)
    told, weights, images = payload(model, name, shown)
    told["target"] = target
    told["others"], weights_beside = beside(others, np.stack([one.image for one in shown]))
    told["learning"] = curve(learning) if learning else None
    measured = gallery.images if gallery else np.stack([one.image for one in shown])
    told["measures"] = told_measures(model, measured)
    strings = sentences(language)
    said = strings["noscript"].format(name=told["name"], classes=len(told["classes"]))
    title = strings["title"].format(name=told["name"])
    written = partial(
        page, language=language, title=title, noscript=said, strings=strings,
        weights=weights, images=images, others=weights_beside, script=script(), style=style(),
    )  # fmt: skip
    text = written(told=told, gallery=b"", snapshots=())
    check_bytes(len(text.encode()), most, sizes_beside(others))
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


def check_explained(
    model: ViT, most: float = MOST, shown: int = 1, others: Mapping[str, ViT] | None = None
) -> None:
    """InputError, before anything is made, for a model that the page can't compute, for others that
    can't stand beside it, and for what is too large with so many images.
    """
    check_shown(model.config)
    check_beside(model, others or {})
    numbers = size(model.config, model.dtype, shown, model.layout.size)
    sizes = sizes_beside(others or {})
    check_bytes(numbers + sum(sizes.values()) + len(script()) + len(style()), most, sizes)


def check_bytes(count: int, most: float, others: Mapping[str, int]) -> None:
    """InputError for a page of more megabytes than it may have; `others` can be left out."""
    if count <= most * MEGABYTE:
        return
    sizes = [f"{name} ({one / MEGABYTE:.1f} MB)" for name, one in others.items()]
    less = f"leave out {' or '.join(sizes)}" if sizes else "choose a smaller model or fewer images"
    raise InputError(
        f"the page would have {count / MEGABYTE:.1f} MB, and its limit is {most:g} MB: allow it by "
        f"--max-mb {-(-count // MEGABYTE)}, or {less}"
    )
