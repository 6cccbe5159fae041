"""Google's Vision Transformer, written of Flax's own layers after its models_vit.py."""

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


class Google(nn.Module):
    """images (B, height, width, channels) -> logits (B, C)."""

    c: ViTConfig

    @nn.compact
    def __call__(self, images):
        c = self.c
        x = nn.Conv(c.width, c.patch, c.patch, "VALID", name="embedding")(images)
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
