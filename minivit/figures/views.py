"""All figures of a look inside a model, by name: what each shows, what it needs, and drawing it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.distances import distances_figure
from minivit.figures.heads import heads_figure
from minivit.figures.learned import learned_figure
from minivit.figures.lens import lens_figure
from minivit.figures.maps import maps_figure
from minivit.figures.reasons import reasons_figure
from minivit.figures.rollout import rollout_figure
from minivit.figures.similarity import positions_figure
from minivit.figures.subject import Subject
from minivit.inspection import position_tables
from minivit.models import Model

VIEWS = {
    "model": "filters, positions and how far heads look (the ViT paper's figure 7)",
    "positions": "how alike the positions are, in one or more models (figure 10)",
    "distances": "how far and how evenly heads look, in one or more models (figure 11)",
    "heads": "where each head of a block looks",
    "rollout": "attention through all blocks (figure 6)",
    "lens": "what the head would say behind every branch (logit lens)",
    "maps": "how strongly every layer answers, place by place",
    "why": "ways to ask which patches made the answer, side by side",
}
OF_MANY = ("positions", "distances")  # models beside each other
OF_ATTENTION = ("distances", "heads", "rollout")
OF_PICTURES = (*OF_ATTENTION, "lens", "maps", "why")
NEEDED = {"positions": "positions", "lens": "tokens"} | dict.fromkeys(OF_ATTENTION, "attention")
SOFTWARE = "minivit look"  # stands in the files, which are ours to replace then


class Look(NamedTuple):
    """What is looked at. The first model is the one that is asked."""

    models: Mapping[str, Model]
    measured: Mapping[str, np.ndarray]  # images of each model, for averages
    seen: Subject | None  # images to show; None: there are none
    labels: np.ndarray | None = None  # of the first model's measured images, where they are known


class Ways(NamedTuple):
    """How figures are drawn, where there is a choice."""

    fill: str | None = None  # of `reasons_figure`
    block: int | None = None  # of `heads_figure`
    fuse: str = "mean"  # these three of `rollout_figure`
    discard: float = 0.0
    start_block: int = 0


USUAL = Ways()


def lack(
    name: str, models: Mapping[str, Model], missing: Mapping[str, str] | None = None
) -> str | None:
    """Why a figure can't be drawn of these models; None if it can.

    `missing` tells of those that have no pictures why, by name.
    """
    for called, model in models.items() if name in OF_MANY else [*models.items()][:1]:
        of = f"of {called}, " if len(models) > 1 else ""
        who, family = called if of else "the model", model.config.family
        if name in NEEDED and family != "ViT":
            return f"this needs {NEEDED[name]}, and {who} is a {family}, which has none"
        if name in OF_ATTENTION and not model.config.depth:
            return f"{who} has no blocks, and so no attention"
        if name in OF_PICTURES and called in (missing or {}):
            return f"{of}{missing[called]}"
        if name == "positions":
            try:
                position_tables(model)
            except InputError as error:
                return f"{of}{error}"
    return None


def draw_view(name: str, look: Look, path: str | Path, ways: Ways = USUAL) -> None:
    """Draw one of VIEWS into a PNG or SVG file.

    Raises InputError where it can't be drawn, OSError when `path` can't be written.
    """
    called, model = next(iter(look.models.items()))
    if name in OF_PICTURES and look.seen is None:
        raise InputError(f"{name} shows pictures, and there are none: give some")
    if name == "model":
        learned_figure(model, look.measured.get(called), path, software=SOFTWARE)
    elif name == "positions":
        positions_figure(look.models, path, software=SOFTWARE)
    elif name == "distances":
        pairs = {called: (look.models[called], images) for called, images in look.measured.items()}
        distances_figure(pairs, path, software=SOFTWARE)
    elif name == "why":
        reasons_figure(look.seen, path, fill=ways.fill, software=SOFTWARE)
    elif name == "lens":
        known = None if look.labels is None else (look.measured[called], look.labels)
        lens_figure(look.seen, path, known=known, software=SOFTWARE)
    elif name == "heads":
        heads_figure(look.seen, path, block=ways.block, software=SOFTWARE)
    elif name == "rollout":
        rollout_figure(look.seen, path, fuse=ways.fuse, discard=ways.discard,
                       start_block=ways.start_block, software=SOFTWARE)  # fmt: skip
    else:
        maps_figure(look.seen, path, software=SOFTWARE)
