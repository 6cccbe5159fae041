"""Fine-tuning: a model that has learnt goes on with a new head, and maybe larger images.

(ViT paper, sections 3.2 and B.1.1.) What it becomes is in minivit/checkpoints/adapting.py; from
there on it is a training as any other, with a log, checkpoints and a way to go on.
"""

import numpy as np

from minivit.checkpoints import adapted
from minivit.data import Dataset, seen_by
from minivit.errors import InputError
from minivit.models import Config, Model, parameter_shapes
from minivit.optim import Average
from minivit.training.loop import train
from minivit.training.named_recipe import Recipe
from minivit.training.ranks import ALONE, Ranks
from minivit.training.recipe_reading import load_recipe
from minivit.training.run import run_data
from minivit.training.training import Training

USUAL = "finetune"  # the recipe


def finetune(
    model: Model,
    data: Dataset,
    *,
    image: int | tuple[int, int] | None = None,
    recipe: str | Recipe = USUAL,
    training: dict | None = None,
    method: str = "google",
    progress: bool = False,
) -> Training:
    """Fine-tune a model on other data: returns the training, with `.model` and `.state.history`.

        model = minivit.load("runs/fashion-small-1")
        frozen = {"freeze": all_but_head(model.config)}
        minivit.finetune(model, minivit.load_dataset("digits"), image=42, training=frozen)

    Arguments and what is raised: see `finetuning`; and as `train` does.
    """
    begun = finetuning(model, data, image=image, recipe=recipe, training=training, method=method)
    return train(begun.config, begun.data, training=begun, progress=progress)


def finetuning(
    model: Model,
    data: Dataset,
    *,
    image: int | tuple[int, int] | None = None,
    recipe: str | Recipe = USUAL,
    training: dict | None = None,
    method: str = "google",
    started_from: str = "",
    ranks: Ranks = ALONE,
) -> Training:
    """A training that begins with a model's parameters, and a zero head for the data's classes.

    `image` are the sides (height, width) that images are resized to, None: as the data have them;
    `method` is the way in which positions go there. Black, white and colours become what they are
    to the model. The recipe tells how it learns, and `training` changes fields of it; what a recipe
    says of a model is not asked. `started_from` is what was typed behind `minivit finetune` for the
    checkpoint, and is kept for people. `model` stays as it is. `ranks`: see `Training`.

    Raises InputError for what `adapted` refuses, and when data and model don't fit together.
    """
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    data = seen_by(model, data, image or np.shape(data.train.images)[1:3])
    start = adapted(
        model, classes=data.class_names, image=data.train.images.shape[1:3], method=method
    )
    told = {"started_from": started_from, "resized_by": method}
    config = recipe.made(start.config, {**(training or {}), **told})
    begun = Training(config, run_data(data, config), start.dtype, ranks=ranks)
    begun.model.parameters.become(start.parameters)
    if begun.average:
        names = list(begun.average.arrays)
        begun.average = Average(begun.model.parameters, config.average, names=names)
    return begun


def all_but_head(c: Config) -> str:
    """The places to freeze when only the head's linear map is to learn, as `freeze` takes them."""
    return ",".join(place for place in tops(c) if place != "head")


def first_blocks(c: Config, count: int) -> str:
    """The places to freeze when all up to the first `count` blocks is to stay: the embedding too.

    Raises InputError when there are not so many blocks, or none.
    """
    if not c.depth:
        others = [place for place in tops(c) if place not in ("norm", "head")]
        raise InputError(
            f"freeze blocks is {count} and the model has no blocks: freeze it by its places, such "
            f"as {','.join(others)}, by freeze"
        )
    if not 1 <= count <= c.depth:
        raise InputError(
            f"freeze blocks is {count} and the model has {c.depth} blocks: expected a number from "
            f"1 to {c.depth}"
        )
    before = tops(c)[: tops(c).index("blocks")]
    return ",".join([*before, *(f"blocks.{i}" for i in range(count))])


def tops(c: Config) -> list[str]:
    """The first parts of the names of what a classifier learns, in its order: embed, blocks, ..."""
    return list(dict.fromkeys(name.split(".")[0] for name in parameter_shapes(c.classifier())))
