"""A model as its users hold it: sizes, parameters, gradients, a forward and a backward."""

import copy
from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np

from minivit import backend
from minivit.chosen import keeping_nothing
from minivit.errors import InputError
from minivit.fields import changes_in_words, is_whole_number
from minivit.models.caches import Forgetful, ModelCache
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.families import Config, architecture_of
from minivit.models.gradient_inputs import check_dlogits, check_unchanged
from minivit.models.images import check_images
from minivit.models.memory import check_memory
from minivit.models.resnet_config import ResNetConfig
from minivit.models.trace import Trace
from minivit.models.variants import as_config
from minivit.ops.batchnorm import Moments, Running, updated
from minivit.params import Layout, NamedArrays


class Model:
    """A model with handwritten forward and backward passes: a ViT or a ResNet.

    `parameters` and `gradients` map names such as "blocks.0.attention.w_qkv" to arrays that are
    views into `parameters.flat` and `gradients.flat`.
    """

    configuration: type  # the class of its configurations

    def __init__(
        self, config: Config | str, seed: int | None = 0, dtype=np.float32, *,
        beginning: str = "google", zero_head: bool | None = None, position_std: float | None = None,
    ):  # fmt: skip
        """Allocate and initialise; dtype is float32 or float64.

        `config` may be a variant's name: ViT("digits") is ViT(variant("digits")).
        With seed None all parameters are 0: for a loader to fill. `beginning` is the way in which
        they are drawn, one of `minivit.models.beginnings.BEGINNINGS`; `zero_head` and
        `position_std` are explained in `minivit.models.vit.vit_parameters`.

        Raises InputError for another dtype or beginning, a seed below 0, and what is no
        configuration of this kind of model.
        """
        config = as_config(config)
        if not isinstance(config, self.configuration):
            raise InputError(
                f"{config.name or 'this'} is a {config.family}'s configuration: make it with "
                f"minivit.{config.family}"
            )
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise InputError(f"dtype is {np.dtype(dtype)}: choose float32 or float64")
        if seed is not None and not (is_whole_number(seed) and seed >= 0):
            raise InputError(f"seed is {seed}: expected a whole number from 0")
        self.config = config
        self.dtype = np.dtype(dtype)
        self.architecture = architecture_of(config)
        self.layout = Layout(
            self.architecture.parameters(
                config, beginning=beginning, zero_head=zero_head, position_std=position_std
            )
        )
        self.parameters = NamedArrays(self.layout, dtype)
        self.gradients = NamedArrays(self.layout, dtype)
        self.preprocessing: dict = {}  # how a picture becomes an input; whoever trains fills it
        self.class_names = [str(c) for c in range(config.classes)]
        if seed is not None:
            self.parameters.begin(seed)

    @property
    def buffers(self) -> NamedArrays:
        """What it keeps beside the parameters and nobody learns: BatchNorm's running statistics."""
        return self.parameters.buffers

    def forward(
        self, images: np.ndarray, *, seed: int | None = None, first_image: int = 0,
        frozen: Sequence[str] = (),
    ) -> tuple[np.ndarray, ModelCache]:  # fmt: skip
        """images (B, height, width, channels) -> logits (B, C), and what backward needs.

        With a seed, as in training, what the configuration leaves to chance is drawn from the seed;
        these images begin at number `first_image` of the whole batch. Then, too, BatchNorm takes
        the statistics of these images, and the running ones in `buffers` move on; but at `frozen`
        places they stay and stand in for the batch's, as they do everywhere without a seed.

        Raises InputError for images of another shape, or that look unscaled, and for so many or
        such large ones that what backward needs can't fit into memory.
        """
        ops, caches, chance = backend.current(), {}, Chance(seed, first_image, tuple(frozen))
        images = self.check_images(images)
        self.need_memory(len(images))
        logits = self.architecture.forward(
            ops, self.parameters, self.config, images, caches, chance
        )
        learning = filter(chance.learns, self.buffers.layout.places if len(images) else ())
        moments = {place: caches[place].batch for place in learning}
        self.move_buffers(moments)
        return logits, ModelCache(ops, caches, logits.shape, self.parameters.version, moments)

    def need_memory(self, images: int) -> None:
        """InputError where what backward needs of so many images can't fit into memory."""
        ops = backend.current()
        check_memory(self.architecture, ops, self.parameters, self.config, images)

    def move_buffers(self, moments: dict[str, Moments]) -> None:
        """Move the running statistics of these places on, by those of a batch."""
        for place, batch in moments.items():
            self.buffers.put(place, updated(Running(*self.buffers.of(place)), batch))

    def backward(
        self, dlogits: np.ndarray, cache: ModelCache, *, want_dimages: bool = False,
        free_cache: bool = False, replace: bool = False,
    ) -> np.ndarray | None:  # fmt: skip
        """dlogits (B, C): add every parameter's gradient to `gradients`; return dimages or None.

        With `free_cache` each part of the cache is freed as soon as it has been used: the memory
        serves the rest of the pass, and the cache can't be used again.

        With `replace` the gradients take the place of what `gradients` holds: as if they had been
        set to 0 before, which spares a large model some passes over its memory.

        The parameters must still be those of the forward: a step, a load or an assignment in
        between is noticed, a write into a view (`parameters.flat[:] = ...`) is not.

        Raises InputError for dlogits of another shape, a cache that is used up, and parameters
        that have changed.
        """
        caches = cache.of if free_cache else dict(cache.of)
        if not caches:
            raise InputError(
                "this cache is used up: a backward with free_cache=True has let it go; run forward "
                "again, or leave free_cache out to go backward twice"
            )
        check_unchanged(self.parameters, cache.version)
        dlogits = check_dlogits(dlogits, cache.shape, self.dtype)
        with self.gradients.replaced(self.parameters) if replace else nullcontext():
            return self.architecture.backward(
                cache.ops, self.gradients, self.config, dlogits, caches, want_dimages
            )

    def logits(self, images: np.ndarray, *, first_image: int = 0) -> np.ndarray:
        """images (B, height, width, channels) -> logits (B, C): a forward that keeps nothing.

        Where patches are hidden, they are the same each time, and others for each image; these
        begin at number `first_image`.
        """
        images, ops = self.check_images(images), backend.current()
        check_memory(self.architecture, ops, self.parameters, self.config, len(images), keep=False)
        with keeping_nothing():
            return self.architecture.forward(
                ops, self.parameters, self.config, images, Forgetful(), Chance(None, first_image)
            )

    def features(self, images: np.ndarray) -> list[np.ndarray]:
        """images (B, height, width, channels) -> depth + 1 arrays of tokens (B, T, D).

        First the tokens in front of the blocks, then those after each block; none of them has been
        through the last LayerNorm. (Hugging Face's `hidden_states`; timm's `forward_intermediates`
        leaves the first out.) Row 0 is the cls token, if there is one. Nothing else is kept.

        Of a ResNet they are the maps of the root and of each stage.
        """
        ops, c, p = backend.current(), self.config, self.parameters
        images, returned = self.check_images(images), c.kept_of_features
        check_memory(self.architecture, ops, p, c, len(images), keep=False, returned=returned)
        return list(self.architecture.tokens(ops, p, c, images, Forgetful(), Chance()))

    def __repr__(self) -> str:
        c = self.config
        changes = [changes_in_words(c)] if changes_in_words(c) else []
        parts = [c.sizes_in_words, f"{c.classes} classes", *changes]
        return (
            f"{c.family} {c.name}".rstrip()
            + f": {', '.join(parts)}; {self.layout.size:,} parameters, {self.dtype}"
        )

    def zero_gradients(self) -> None:
        """Set all gradients to 0: `backward` adds to what is there."""
        self.gradients.zero()

    def trace(self, images: np.ndarray, *, seed: int | None = None, first_image: int = 0) -> Trace:
        """Run forward on the NumPy ops and keep every intermediate by its name."""
        images, chance = self.check_images(images), Chance(seed, first_image)
        return Trace(self.architecture, self.config, self.parameters, images, chance)

    def check_images(self, images: np.ndarray) -> np.ndarray:
        """Images in the model's dtype; InputError for a wrong shape, kind or range."""
        c = self.config
        return check_images(images, c.image, c.channels, self.dtype, self.preprocessing)

    def __copy__(self) -> "Model":
        """A deep copy: it has parameters and gradients of its own."""
        return copy.deepcopy(self)


class ViT(Model):
    """A Vision Transformer; with a root in its configuration it is a hybrid.

    Its configuration's objective says what it learns: classes, or, without labels, what is hidden.
    """

    configuration = ViTConfig


class ResNet(Model):
    """A ResNet (BiT), what the paper compares the ViT with."""

    configuration = ResNetConfig


def class_of(config: Config) -> type[Model]:
    """The class of the models of a configuration."""
    return next(one for one in (ViT, ResNet) if isinstance(config, one.configuration))
