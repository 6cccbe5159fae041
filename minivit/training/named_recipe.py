"""A recipe with a name: it becomes a whole one when the data are known."""

import math
from dataclasses import dataclass, field

import numpy as np

from minivit.data import Dataset
from minivit.errors import InputError
from minivit.models import Config, ViTConfig, variant
from minivit.training.recipe import TrainingConfig

OF_THE_DATA = ("image", "channels", "classes")
NEEDED = ("width", "depth", "heads", "mlp")  # without a variant
USUAL_PATCHES = 49  # about so many where the images decide the patch


@dataclass(frozen=True)
class Recipe:
    """What a training is told, before the data are known."""

    name: str
    about: str = ""
    source: str = ""
    reaches: str = ""  # what it was measured to reach
    data: str = ""  # the data set that it is made for; "" if it comes without
    verb: str = "train"  # or "finetune": what it tells begins with a checkpoint
    image: tuple[int, int] | None = None  # sides that the pictures of a folder are resized to
    model: dict = field(default_factory=dict)  # fields of ViTConfig; or "variant", and changes
    training: dict = field(default_factory=dict)  # fields of TrainingConfig

    def config(
        self, data: Dataset, *, model: dict | None = None, training: dict | None = None
    ) -> TrainingConfig:
        """The whole recipe for these data, where `model` and `training` change some fields.

            recipe = minivit.load_recipe("digits")
            data = minivit.load_dataset(recipe.data, image=recipe.image)
            minivit.train(recipe.config(data, training={"epochs": 3}), data)

        The data decide image, channels and classes. Raises InputError for values that are not
        allowed or don't go together, for fields that are unknown or missing, and for a recipe of
        fine-tuning, which begins with a model that is there already: `minivit.finetune`.
        """
        if self.verb != "train":
            raise InputError(
                f"the recipe {self.name!r} tells how to go on with a model that has learnt: "
                f"minivit {self.verb} CHECKPOINT --recipe RECIPE, or in Python "
                f"minivit.{self.verb}(model, data, recipe=...); give another recipe to begin anew"
            )
        sizes = sizes_of(data)
        fields = {**self.model, **(model or {}), **sizes}
        named = fields.pop("variant", None)
        if named is not None:
            return self.made(variant(named, **fields), training)
        missing = [name for name in NEEDED if name not in fields]
        if missing:
            raise InputError(
                f"the recipe {self.name!r} doesn't tell the model's {', '.join(missing)}: write "
                'them below [model], or variant = "B/16" with what you change in it'
            )
        fields.setdefault("patch", 1 if fields.get("root") else usual_patch(*sizes["image"]))
        return self.made(ViTConfig.from_dict({"name": self.name, **fields}), training)

    def made(self, model: Config, training: dict | None) -> TrainingConfig:
        fields = {"name": self.name, **self.training, **(training or {})}
        return TrainingConfig.from_dict(fields, model)


def sizes_of(data: Dataset) -> dict:
    """The fields of a ViTConfig that the data decide."""
    shape = np.shape(data.train.images)
    if len(shape) not in (3, 4):
        raise InputError(
            f"images have shape {shape}: expected (n, height, width, channels), or (n, height, "
            "width) of grey ones"
        )
    if data.class_names is None:
        highest = (int(np.max(split.labels, initial=-1)) for split in (data.train, data.test))
        classes = max(highest) + 1
    else:
        classes = len(data.class_names)
    return {"image": shape[1:3], "channels": [*shape, 1][3], "classes": classes}


def usual_patch(height: int, width: int) -> int:
    """The side that divides both of the image's and makes nearest to 49 patches of it.

    28 -> 4, 32 -> 4, 64 -> 8, 224 -> 32.
    """
    sides = [s for s in range(1, min(height, width) + 1) if height % s == 0 and width % s == 0]
    return min(sides, key=lambda side: abs(math.log(height * width / side**2 / USUAL_PATCHES)))
