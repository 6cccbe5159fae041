"""The Vision Transformer, forward and then backward in mirror order.

z_0  = [cls; patches E] + positions               (equation 1 of the paper)
z'_l = z_(l-1) + MSA(LN(z_(l-1)))                 (2)
z_l  = z'_l + MLP(LN(z'_l))                       (3)
logits = LN(z_L)[cls] w + b                       (4)
"""

from pathlib import Path

import numpy as np

from minivit import backend
from minivit.checkpoints import write_checkpoint
from minivit.errors import InputError
from minivit.models.cache import NORM_OUTPUT, ViTCache, swapped
from minivit.models.config import ViTConfig, is_decayed, parameter_shapes
from minivit.models.initialisation import POSITION_STD, initialise
from minivit.models.trace import Trace
from minivit.params import Layout, NamedArrays

LARGEST_PIXEL = 10  # a scaled image lies within a few units of 0; grey levels and bytes do not


class ViT:
    """A Vision Transformer with handwritten forward and backward passes.

    `parameters` and `gradients` map names such as "blocks.0.attention.w_qkv" to arrays that are
    views into `parameters.flat` and `gradients.flat`.
    """

    def __init__(
        self,
        config: ViTConfig,
        seed: int | None = 0,
        dtype=np.float32,
        *,
        zero_head: bool = True,
        position_std: float = POSITION_STD,
    ):
        """Allocate and initialise (Google's initialisation); dtype is float32 or float64.

        With seed None all parameters are 0: for a loader to fill. `zero_head` and `position_std`
        are explained in `minivit.models.initialisation`.

        Raises InputError for another dtype.
        """
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise InputError(f"dtype is {np.dtype(dtype)}: choose float32 or float64")
        if seed is not None and seed < 0:
            raise InputError(f"seed is {seed}: expected a whole number from 0")
        self.config = config
        self.dtype = np.dtype(dtype)
        shapes = parameter_shapes(config)
        self.layout = Layout(shapes, {name for name in shapes if is_decayed(name)})
        self.parameters = NamedArrays(self.layout, dtype)
        self.gradients = NamedArrays(self.layout, dtype)
        self.preprocessing: dict = {}  # how a picture becomes an input; whoever trains fills it
        self.class_names = [str(c) for c in range(config.classes)]
        if seed is not None:
            initialise(self.parameters, seed, zero_head=zero_head, position_std=position_std)

    def forward(self, images: np.ndarray) -> tuple[np.ndarray, ViTCache]:
        """images (B, height, width, channels) -> logits (B, C), and what backward needs.

        Raises InputError for images of another shape, or that look unscaled.
        """
        ops, x, of = backend.current(), self.check_images(images), {}
        x, of["patchify"] = ops.patchify_forward(x, patch=self.config.patch)
        x, of["embed"] = self.embed_forward(ops, x)
        for i in range(self.config.depth):
            x = self.block_forward(ops, i, x, of)
        x, of["norm"] = self.norm_forward(ops, "norm", x)
        logits, of["head"] = self.head_forward(ops, x)
        return logits, ViTCache(ops, of)

    def backward(
        self,
        dlogits: np.ndarray,
        cache: ViTCache,
        *,
        want_dimages: bool = False,
        free_cache: bool = False,
    ) -> np.ndarray | None:
        """dlogits (B, C): add every parameter's gradient to `gradients`.

        Returns dimages (B, height, width, channels) if wanted, else None. With `free_cache` every
        part of the cache is let go as soon as it has been used, for the memory's sake. The
        parameters must still be those of the forward.

        Raises InputError for dlogits of another shape, or a cache that has been let go.
        """
        ops, of = cache.ops, cache.of if free_cache else dict(cache.of)
        if "head" not in of:
            raise InputError(
                "this cache is used up: a backward with free_cache=True has let it go; run forward "
                "again, or leave free_cache out to go backward twice"
            )
        expected = (of["head"].tokens_shape[0], self.config.classes)
        if np.shape(dlogits) != expected:
            raise InputError(f"dlogits have shape {np.shape(dlogits)}: expected {expected}")
        dx = self.add(ops.head_backward(dlogits, of.pop("head")), "head", ("w", "b"))
        dx = self.norm_backward(ops, "norm", dx, of.pop("norm"))
        for i in reversed(range(self.config.depth)):
            dx = self.block_backward(ops, i, dx, of)
        gradients = ops.embed_backward(dx, of.pop("embed"), want_dpatches=want_dimages)
        dpatches = self.add(gradients, "embed", ("w", "b", "cls", "positions"))
        patchify = of.pop("patchify")
        return ops.patchify_backward(dpatches, patchify) if want_dimages else None

    def block_forward(self, ops, i: int, x: np.ndarray, of: dict) -> np.ndarray:
        """One block: x (B, T, D) -> (B, T, D). Its caches go into `of`."""
        p, a, m = self.parameters, f"blocks.{i}.attention", f"blocks.{i}.mlp"
        h, of[f"blocks.{i}.norm1"] = self.norm_forward(ops, f"blocks.{i}.norm1", x)
        x, cache = ops.multihead_attention_forward(
            h, p[a + ".w_qkv"], p.get(a + ".b_qkv"), p[a + ".w_out"], p[a + ".b_out"], x,
            heads=self.config.heads,
        )  # fmt: skip
        of[a] = swapped(cache, h, NORM_OUTPUT)
        h, of[f"blocks.{i}.norm2"] = self.norm_forward(ops, f"blocks.{i}.norm2", x)
        x, cache = ops.mlp_forward(
            h, p[m + ".w1"], p[m + ".b1"], p[m + ".w2"], p[m + ".b2"], x, gelu=self.config.gelu
        )
        of[m] = swapped(cache, h, NORM_OUTPUT)
        return x

    def block_backward(self, ops, i: int, dx: np.ndarray, of: dict) -> np.ndarray:
        """The same block from its end: dx (B, T, D) -> (B, T, D). Takes its caches out of `of`."""
        norm1, attention = f"blocks.{i}.norm1", f"blocks.{i}.attention"
        norm2, mlp = f"blocks.{i}.norm2", f"blocks.{i}.mlp"
        # A skip connection hands dx on unchanged; LayerNorm's backward adds what comes through it.
        # Caches and gradients get no name here: an op is the last to hold what it has been given.
        dh = self.add(
            ops.mlp_backward(dx, self.whole_cache(ops, mlp, norm2, of), want_dresidual=False)[:-1],
            mlp, ("w1", "b1", "w2", "b2"),
        )  # fmt: skip
        dx = self.norm_backward(ops, norm2, dh, of.pop(norm2), plus=dx)
        dh = self.add(
            ops.multihead_attention_backward(
                dx, self.whole_cache(ops, attention, norm1, of), want_dresidual=False
            )[:-1],
            attention, ("w_qkv", "b_qkv", "w_out", "b_out"),
        )  # fmt: skip
        return self.norm_backward(ops, norm1, dh, of.pop(norm1), plus=dx)

    def whole_cache(self, ops, place, norm, of):
        """An op's cache out of `of`, with its input, which the LayerNorm before it makes again."""
        again = ops.layernorm_again(of[norm], self.parameters[norm + ".beta"])
        return swapped(of.pop(place), NORM_OUTPUT, again)

    def embed_forward(self, ops, patches):
        p = self.parameters
        return ops.embed_forward(
            patches, p["embed.w"], p["embed.b"], p.get("embed.cls"), p.get("embed.positions")
        )

    def norm_forward(self, ops, name, x):
        gamma, beta = self.parameters[name + ".gamma"], self.parameters[name + ".beta"]
        return ops.layernorm_forward(x, gamma, beta, eps=self.config.eps)

    def norm_backward(self, ops, name, dy, cache, plus=None):
        gradients = ops.layernorm_backward(dy, cache, plus=plus)
        return self.add(gradients, name, ("gamma", "beta"))

    def head_forward(self, ops, x):
        p = self.parameters
        return ops.head_forward(x, p["head.w"], p["head.b"], pool=self.config.pool)

    def add(self, gradients: tuple, place: str, names: tuple[str, ...]) -> np.ndarray:
        """Add an op's parameter gradients under their names; hand on the first, its input's."""
        dx, *of_parameters = gradients
        for name, gradient in zip(names, of_parameters, strict=True):
            if gradient is not None:
                self.gradients[f"{place}.{name}"] += gradient
        return dx

    def zero_gradients(self) -> None:
        """Set all gradients to 0: `backward` adds to what is there."""
        self.gradients.zero()

    def logits(self, images: np.ndarray) -> np.ndarray:
        """`forward` without its cache, which is dropped block by block: for inference."""
        ops, x = backend.current(), self.check_images(images)
        x, _ = ops.patchify_forward(x, patch=self.config.patch)
        x, _ = self.embed_forward(ops, x)
        for i in range(self.config.depth):
            x = self.block_forward(ops, i, x, {})
        x, _ = self.norm_forward(ops, "norm", x)
        return self.head_forward(ops, x)[0]

    def trace(self, images: np.ndarray) -> Trace:
        """Run forward in the smallest steps and keep every intermediate by its name."""
        return Trace(self.config, self.parameters, self.check_images(images))

    def save(self, path: str | Path) -> None:
        """Write the model into one file, replaced whole; `minivit.load` reads it."""
        write_checkpoint(path, self.header(), {"parameters": self.parameters})

    def header(self) -> dict:
        """What a checkpoint says of the model beside its arrays."""
        return {
            "architecture": "vit",
            "config": self.config.to_dict(),
            "preprocessing": self.preprocessing,
            "class_names": self.class_names,
        }

    def check_images(self, images: np.ndarray) -> np.ndarray:
        """Images as this model takes them, in its dtype; InputError when they can't be meant."""
        images, c = np.asarray(images), self.config
        expected = (*c.image, c.channels)
        if images.ndim != 4 or images.shape[1:] != expected:
            raise InputError(
                f"images have shape {images.shape}: this model takes (B, {c.image[0]}, "
                f"{c.image[1]}, {c.channels}), that is (B, height, width, channels)"
            )
        if images.dtype.kind not in "fiub":
            raise InputError(f"images have dtype {images.dtype}: expected real numbers")
        if images.size:
            low, high = images.min(), images.max()
            if not (low >= -LARGEST_PIXEL and high <= LARGEST_PIXEL):
                raise InputError(
                    f"images have values from {low} to {high}: they look unscaled, or have NaN or "
                    "infinity; scale pixels to [-1, 1] or [0, 1] first, e.g. images / 255"
                )
        return images.astype(self.dtype, copy=False)
