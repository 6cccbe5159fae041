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
from minivit.figures.page.recording import check_blocks, recorded_size
from minivit.figures.page.shell import page
from minivit.figures.page.shown import check_shown
from minivit.figures.page.sources import script, sentences_for, style
from minivit.figures.page.without_scripts import without_scripts
from minivit.models import ViT

MEGABYTE = 1_000_000
MOST = 8.0  # megabytes of a page, unless another limit is told
WEIGHTS = ("auto", "full", "none")


def explainer_page(
    model: ViT, shown: Sequence[Shown], *, name: str, gallery: Gallery | None = None,
    learning: Learning | None = None, target: int | None = None,
    others: Mapping[str, ViT] | None = None, most: float = MOST, language: str = "en",
    weights: str = "auto", blocks: Sequence[int] | None = None,
) -> str:  # fmt: skip
    """One HTML file that runs the model on these images: the same inputs, the same text.

    `name` is what the page calls the model, and `most` how many megabytes it may have. Of the
    gallery, and then of the snapshots, it holds as many as fit, and says so. With `weights` "none",
    or "auto" where they do not fit, it holds no weights, those of snapshots neither, and shows what
    was recorded of these `blocks` (None: all). `target` is the class whose score is asked about at
    first (None: how surprised the model is), and `others` are models to compare it with, by what
    they are called.

    Raises InputError as `check_explained` does, for images that the model does not take, and
    without images; for a log or a snapshot that is damaged.
    """
    others = others or {}
    if not shown:
        raise InputError("there are no images to show: give one at least")
    recorded = check_explained(model, most, len(shown), weights, blocks, others, target)
    told, numbers, images, lines = payload(model, name, shown, recorded)
    if recorded is not None:
        told["recorded"]["full"] = int(-(-full_size(model, len(shown)) // MEGABYTE))
    pictures = np.stack([one.image for one in shown])
    told["target"] = target
    told["others"], weights_beside = beside(others, pictures)
    told["learning"] = curve(learning) if learning else None
    told["measures"] = told_measures(model, gallery.images if gallery else pictures)
    strings = sentences_for(language, recorded is not None)
    said = without_scripts(model, model.check_images(pictures), told, strings)
    title = strings["title"].format(name=told["name"])
    written = partial(
        page, language=language, title=title, noscript=said, strings=strings, weights=numbers,
        images=images, recorded=lines, others=weights_beside, script=script(), style=style(),
    )  # fmt: skip
    text = written(told=told, gallery=b"", snapshots=())
    check_bytes(len(text.encode()), most, what_to_do(recorded, sizes_beside(others)))
    packed = b""
    some = gallery and fitting(gallery, model.dtype, room(text, most))
    if some and len(some.numbers):
        told["gallery"], packed = in_gallery(model, some)
        text = written(told=told, gallery=packed, snapshots=())
    if learning and learning.snapshots and recorded is None:
        seen = model.check_images(np.stack([one.image for one in shown]))
        told["learning"]["snapshots"], kept = in_page(learning, model, seen, room(text, most))
        text = written(told=told, gallery=packed, snapshots=kept)
    return text


def room(text: str, most: float) -> float:
    """How many bytes a page of so many megabytes may still get."""
    return most * MEGABYTE - len(text.encode())


def check_explained(
    model: ViT, most: float = MOST, shown: int = 1, weights: str = "auto",
    blocks: Sequence[int] | None = None, others: Mapping[str, ViT] | None = None,
    target: int | None = None,
) -> tuple[int, ...] | None:  # fmt: skip
    """Which blocks a page records in place of the weights; None: it holds the weights.

    InputError, before anything is made, for a model that the page can't compute, for others that
    can't stand beside it, for a class that there is not, for what is too large with so many images,
    for a block that the model lacks, for blocks of a page with weights, and for a target or others
    of a page without them.
    """
    check_shown(model.config)
    check_beside(model, others or {})
    if target is not None and not 0 <= target < model.config.classes:
        raise InputError(f"there is no class {target}: there are {model.config.classes}, from 0 on")
    sizes = sizes_beside(others or {})
    full = full_size(model, shown) + sum(sizes.values())
    wanted = check_blocks(blocks, model.config.depth)
    if weights == "full" or (weights == "auto" and (others or full <= most * MEGABYTE)):
        if blocks is not None:
            raise InputError(
                "--blocks tells which blocks are recorded, and a page with the weights computes "
                "them all: leave it out, or add --weights none"
            )
        check_bytes(full, most, what_to_do(None, sizes))
        return None
    if others or target is not None:
        raise InputError(
            f"{'--against' if others else '--target'} asks the model anew, and a page without the "
            "weights can't: leave it out, or give the page its weights by --weights full"
        )
    check_bytes(recorded_size(model, shown, wanted) + own_size(), most, what_to_do(wanted))
    return wanted


def full_size(model: ViT, shown: int) -> int:
    """About how many bytes a page with the weights has."""
    return size(model.config, model.dtype, shown, model.layout.size) + own_size()


def own_size() -> int:
    """How many bytes of every page are its own script and style."""
    return len(script()) + len(style())


def what_to_do(recorded: Sequence[int] | None, others: Mapping[str, int] | None = None) -> str:
    """What makes a page smaller, of one with the weights or one with recorded blocks."""
    if others:
        sizes = [f"{name} ({one / MEGABYTE:.1f} MB)" for name, one in others.items()]
        return f"or leave out {' or '.join(sizes)}"
    if recorded is None:
        return "leave the weights out by --weights none, or choose a smaller model or fewer images"
    few = ",".join(str(block) for block in sorted({*recorded[:1], *recorded[-1:]}))
    some = f"record fewer of its {len(recorded)} blocks, as by --blocks {few}, "
    return f"{some if len(recorded) > 1 else ''}or choose a smaller model or fewer images"


def check_bytes(count: int, most: float, advice: str) -> None:
    """InputError for a page of more megabytes than it may have."""
    if count > most * MEGABYTE:
        raise InputError(
            f"the page would have {count / MEGABYTE:.1f} MB, and its limit is {most:g} MB: allow "
            f"it by --max-mb {-(-count // MEGABYTE)}, {advice}"
        )
