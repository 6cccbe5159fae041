"""Two towers: images, and their names written out, become vectors of one space (CLIP).

x = head(ViT(image)), y = head(ViT(name))           a vector of E numbers each
logits = exp(log_scale) cos(x, y)                   of every image with every name
loss = (CE(logits, whose name) + CE(logits^T, whose images)) / 2

(Radford et al. 2021, "Learning transferable visual models from natural language supervision",
section 2.3 and figure 3.) A name is an image too: one pixel high, as many pixels wide as the
longest name has symbols, with a channel for each symbol, which is 1 where the symbol stands. So
both towers are ViTs, and their heads tell E numbers instead of classes.

No class is a part of the model: to tell one that it has never seen, write out its name.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit import backend
from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.models.caches import Forgetful
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.gradient_inputs import check_dlogits, check_unchanged
from minivit.models.images import check_images
from minivit.models.memory import check_memory
from minivit.models.objective import need_classes
from minivit.models.script import Script
from minivit.models.vit import VIT, vit_backward, vit_forward, vit_parameters
from minivit.ops.chance import mixed
from minivit.params import Declared, Layout, NamedArrays, Parameter

IMAGE, NAME, SIMILARITY = "image", "name", "similarity"  # the towers, and the place behind them
LOG_SCALE = f"{SIMILARITY}.log_scale"
SOME = 256  # images that are named together
FIRST_SCALE, LARGEST_SCALE = 1 / 0.07, 100.0  # of the cosines, as in CLIP


class Tower(NamedTuple):
    """The parameters, or the gradients, of one tower: of the places whose names begin with it."""

    arrays: NamedArrays
    name: str

    @property
    def dtype(self) -> np.dtype:
        return self.arrays.dtype

    def of(self, place: str) -> tuple:
        return self.arrays.of(f"{self.name}.{place}")

    def add(self, place: str, gradients: tuple) -> np.ndarray:
        return self.arrays.add(f"{self.name}.{place}", gradients)


class Kept(NamedTuple):
    """What a forward keeps for its backward."""

    ops: object  # the backend
    of: dict[str, dict]  # the caches of both towers, by place, and that of the similarity
    shape: tuple  # of the logits
    version: int  # of the parameters


def tower_parameters(c: ViTConfig, tower: str) -> Declared:
    """Those of a ViT under the tower's name. A zero head would make every cosine 0."""
    return {
        f"{tower}.{place}": {
            name: f"{tower}.{given}" if isinstance(given, str) else given
            for name, given in group.items()
        }
        for place, group in vit_parameters(c, zero_head=False).items()
    }


def first_log_scale(rng: np.random.Generator, shape: tuple[int, ...]) -> float:
    return math.log(FIRST_SCALE)


def name_config(image: ViTConfig, script: Script) -> ViTConfig:
    """A tower of the image tower's sizes that reads names: every symbol is a patch."""
    return ViTConfig(
        image=(1, script.length), channels=len(script.symbols), patch=(1, 1), width=image.width,
        depth=image.depth, heads=image.heads, mlp=image.mlp, classes=image.classes,
        head_width=image.head_width,
    )  # fmt: skip


def check_image_tower(image: ViTConfig) -> None:
    """InputError for an image tower that is no ViT, learns without labels, or needs buffers."""
    if not isinstance(image, ViTConfig):
        raise InputError(
            f"the image tower is {image!r}: expected the ViTConfig of a ViT or a hybrid, such as "
            'minivit.variant("hybrid-28")'
        )
    need_classes(image, "the image tower")
    if image.norm == "batch":
        raise InputError(
            "norm is batch in the image tower: BatchNorm keeps running statistics, and two towers "
            "keep nothing but what they learn; choose norm group"
        )


class TwoTowers:
    """A tower for images and one for names; `parameters` and `gradients` as a model has them.

    model = TwoTowers(config, script_of(names))
    align(model, images, labels, names)  # minivit.training
    model.named(others, ["red star", "blue ring"])
    """

    def __init__(self, image: ViTConfig, script: Script, seed: int = 0, dtype=np.float32):
        """`image.classes` is E, the width of the space in which images and names meet.

        Raises InputError for an image tower that is no ViT, that learns without labels or has
        BatchNorm, for another dtype, and a seed below 0.
        """
        check_image_tower(image)
        if not (is_whole_number(seed) and seed >= 0):
            raise InputError(f"seed is {seed}: expected a whole number from 0")
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise InputError(f"dtype is {np.dtype(dtype)}: choose float32 or float64")
        self.script, self.dtype = script, np.dtype(dtype)
        self.configs = {IMAGE: image, NAME: name_config(image, script)}
        declared = {}
        for tower, config in self.configs.items():
            declared |= tower_parameters(config, tower)
        scale = {"log_scale": Parameter((1,), first_log_scale)}
        layout = Layout(declared | {SIMILARITY: scale})
        self.parameters, self.gradients = NamedArrays(layout, dtype), NamedArrays(layout, dtype)
        self.parameters.begin(seed)

    def forward(
        self, images: np.ndarray, names: Sequence[str], *, seed: int | None = None
    ) -> tuple[np.ndarray, Kept]:
        """images (B, height, width, channels), N names -> logits (B, N), and what backward needs.

        With a seed, as in training, what the configuration leaves to chance is drawn from it.

        Raises InputError for other images than the image tower's, and names that can't be written.
        """
        ops, p, caches = backend.current(), self.parameters, {IMAGE: {}, NAME: {}}
        x, y = (self.vectors(ops, tower, given, caches[tower], seed)
                for tower, given in ((IMAGE, images), (NAME, names)))  # fmt: skip
        logits, caches[SIMILARITY] = ops.similarity_forward(x, y, *p.of(SIMILARITY))
        return logits, Kept(ops, caches, logits.shape, p.version)

    def backward(self, dlogits: np.ndarray, kept: Kept) -> None:
        """dlogits (B, N): add every parameter's gradient to `gradients`. Uses up the caches.

        Raises InputError for caches that are used up, dlogits of another shape, and parameters that
        have changed.
        """
        if SIMILARITY not in kept.of:
            raise InputError("these caches are used up: run forward again to go backward again")
        check_unchanged(self.parameters, kept.version)
        ops, g, caches = kept.ops, self.gradients, kept.of
        dlogits = check_dlogits(dlogits, kept.shape, self.dtype)
        dx, dy, dscale = ops.similarity_backward(dlogits, caches.pop(SIMILARITY))
        g.add(SIMILARITY, (dlogits, dscale))
        for tower, dvectors in ((NAME, dy), (IMAGE, dx)):
            vit_backward(ops, Tower(g, tower), self.configs[tower], dvectors, caches[tower], False)

    def zero_gradients(self) -> None:
        """Set all gradients to 0: `backward` adds to what is there."""
        self.gradients.zero()

    def logits(self, images: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """images (B, height, width, channels), N names -> logits (B, N); nothing is kept."""
        ops = backend.current()
        x, y = (self.vectors(ops, tower, given, Forgetful())
                for tower, given in ((IMAGE, images), (NAME, names)))  # fmt: skip
        return ops.similarity_forward(x, y, *self.parameters.of(SIMILARITY))[0]

    def named(self, images: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """images (n, height, width, channels) -> the number (n,) of the name that fits each best.

        The names may be any that can be written: none need have been shown in training.

        Raises InputError as `logits` does, and for no names.
        """
        if not len(names):
            raise InputError("there are no names: give at least one, e.g. ['red star']")
        parts = [images[i : i + SOME] for i in range(0, len(images), SOME)]
        found = [self.logits(part, names).argmax(axis=1) for part in parts]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def vectors(self, ops, tower: str, given, caches: dict, seed: int | None = None) -> np.ndarray:
        """Images or names, as the tower takes them -> a vector each (B, E), not of length 1 yet."""
        c, p = self.configs[tower], Tower(self.parameters, tower)
        x = self.script.written(given) if tower == NAME else given
        x = check_images(x, c.image, c.channels, self.dtype, {})
        check_memory(VIT, ops, p, c, len(x), keep=not isinstance(caches, Forgetful))
        chance = Chance(None if seed is None else mixed(seed, tower))
        return vit_forward(ops, p, c, x, caches, chance)


def contrastive_loss_forward(ops, logits: np.ndarray, labels: np.ndarray) -> tuple:
    """logits (B, N) of B images and N different names, labels (B,) -> loss (), its caches.

    Every image looks for its name among the N, and every name for its images among the B: if it has
    several, each is as right as the others, so the target is shared out evenly among them. In CLIP
    every image of a batch has a text of its own, and the loss is the same; with two images of one
    name, two equal columns would be each other's wrong answers, so here a name stands there once.

    Raises InputError for wrong labels, and for a name without an image.
    """
    to_name, rows = ops.cross_entropy_forward(logits, labels=labels)
    of_name = (np.arange(logits.shape[1])[:, None] == labels).astype(logits.dtype)  # (N, B)
    counts = of_name.sum(axis=1, keepdims=True)
    if not counts.all():
        raise InputError(f"name {counts.argmin()} has no image here: leave it out of the batch")
    to_images, columns = ops.cross_entropy_forward(logits.T, labels=of_name / counts)
    return (to_name + to_images) / 2, (rows, columns)


def contrastive_loss_backward(ops, dloss: float, caches: tuple) -> np.ndarray:
    """dloss () -> dlogits (B, N): half of either way's gradient."""
    dlogits, dlogits_t = (ops.cross_entropy_backward(dloss / 2, cache) for cache in caches)
    return dlogits + dlogits_t.T
