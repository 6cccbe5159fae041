"""Google's Vision Transformer and its hybrid, written of Flax's own layers after its models_vit.py
and models_resnet.py.
"""

import flax.linen as nn
import jax
import numpy as np

from minivit.models import ViTConfig

from .computed import Computed, Task, drawn

jax.config.update("jax_enable_x64", True)


class Mlp(nn.Module):
    c: ViTConfig

    @nn.compact
    def __call__(self, x):
        h = nn.gelu(nn.Dense(self.c.mlp, name="Dense_0")(x))
        return nn.Dense(self.c.width, name="Dense_1")(h)


class Block(nn.Module):
    """An encoder block, under the names of today's Flax."""

    c: ViTConfig

    @nn.compact
    def __call__(self, x):
        y = nn.LayerNorm(name="LayerNorm_0")(x)
        y = nn.MultiHeadDotProductAttention(
            self.c.heads, deterministic=True, name="MultiHeadDotProductAttention_0"
        )(y, y)
        x = x + y
        return x + Mlp(self.c, name="MlpBlock_0")(nn.LayerNorm(name="LayerNorm_1")(x))


class Positions(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.param("pos_embedding", nn.initializers.normal(), (1, *x.shape[1:]))


class Transformer(nn.Module):
    c: ViTConfig

    @nn.compact
    def __call__(self, x):
        x = Positions(name="posembed_input")(x)
        for i in range(self.c.depth):
            x = Block(self.c, name=f"encoderblock_{i}")(x)
        return nn.LayerNorm(name="encoder_norm")(x)


class StandardisedConvolution(nn.Module):
    """A convolution without a bias, whose filters have mean 0 and deviation 1."""

    channels: int
    side: int
    stride: int = 1

    @nn.compact
    def __call__(self, x):
        shape = self.side, self.side, x.shape[-1], self.channels
        w = self.param("kernel", nn.initializers.lecun_normal(), shape)
        w = (w - w.mean((0, 1, 2))) / (w.std((0, 1, 2)) + 1e-5)
        return jax.lax.conv_general_dilated(
            x, w, (self.stride, self.stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )


class Unit(nn.Module):
    """A bottleneck unit, with ReLU behind the sum."""

    channels: int
    stride: int

    @nn.compact
    def __call__(self, x):
        inside, out, shortcut = self.channels, 4 * self.channels, x
        if self.stride > 1 or x.shape[-1] != out:
            shortcut = StandardisedConvolution(out, 1, self.stride, name="conv_proj")(x)
            shortcut = nn.GroupNorm(name="gn_proj")(shortcut)
        for i, sizes in enumerate(((inside, 1), (inside, 3, self.stride), (out, 1)), 1):
            x = nn.GroupNorm(name=f"gn{i}")(StandardisedConvolution(*sizes, name=f"conv{i}")(x))
            x = nn.relu(x if i < 3 else x + shortcut)
        return x


class Stage(nn.Module):
    units: int
    channels: int
    stride: int

    @nn.compact
    def __call__(self, x):
        for i in range(self.units):
            x = Unit(self.channels, 1 if i else self.stride, name=f"unit{i + 1}")(x)
        return x


class Google(nn.Module):
    """images (B, height, width, channels) -> logits (B, C)."""

    c: ViTConfig

    @nn.compact
    def __call__(self, images):
        c, x = self.c, images
        if c.root:
            x = StandardisedConvolution(c.root, c.root_side, 2, name="conv_root")(x)
            x = nn.relu(nn.GroupNorm(name="gn_root")(x))
            x = nn.max_pool(x, (3, 3), (2, 2), "SAME")
            for s, units in enumerate(c.stages or ()):
                x = Stage(units, c.root * 2**s, 2 if s else 1, name=f"block{s + 1}")(x)
        x = nn.Conv(c.width, c.patch, c.patch, "VALID", name="embedding")(x)
        x = x.reshape(len(x), -1, c.width)
        if c.has_cls:
            cls = self.param("cls", nn.initializers.zeros, (1, 1, c.width))
            x = jax.numpy.concatenate([jax.numpy.tile(cls, (len(x), 1, 1)), x], axis=1)
        x = Transformer(c, name="Transformer")(x)
        x = x[:, 0] if c.has_cls else x.mean(axis=1)
        if c.pre_logits:
            x = nn.tanh(nn.Dense(c.pre_logits, name="pre_logits")(x))
        return nn.Dense(c.classes, name="head")(x)


def google(c: ViTConfig, task: Task) -> Computed:
    """By the paths of Flax's names."""
    model, images = Google(c), task.images
    shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), images))["params"]
    leaves, tree = jax.tree_util.tree_flatten_with_path(shapes)
    names = ["/".join(key.key for key in path) for path, _ in leaves]
    weights = [drawn(task, name, leaf.shape) for name, (_, leaf) in zip(names, leaves, strict=True)]

    def apply(weights):
        return model.apply({"params": jax.tree_util.tree_unflatten(tree, weights)}, images)

    gradients = jax.grad(lambda w: (apply(w) * task.dlogits).sum())(weights)
    return Computed(
        dict(zip(names, weights, strict=True)),
        np.asarray(apply(weights)),
        dict(zip(names, map(np.asarray, gradients), strict=True)),
    )
