"""A forward and a backward pass in the smallest steps, with every intermediate kept by name.

The model calls coarse ops, which a backend may fuse. A trace walks through the same mathematics
with the small ops of `minivit.ops` instead, so that there is an array for every arrow of the
paper's figure 1, and its gradient: nothing hidden, no hooks.
"""

from collections.abc import Mapping

import numpy as np

from minivit import ops
from minivit.models.config import ViTConfig, parameter_shapes
from minivit.ops.attention import attention_scores
from minivit.ops.head import pool_backward, pool_forward
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads, split_one

NORM = ("x_hat", "out")
ATTENTION = ("qkv", "q", "k", "v", "scores", "probs", "mixed", "merged", "out")
MLP = ("z", "h", "out")


def trace_names(config: ViTConfig) -> dict[str, tuple]:
    """Every name in a trace, in the order of the forward pass, and its shape without the batch."""
    T, D, H, M = config.tokens, config.width, config.heads, config.mlp
    K, N = D // H, config.patches
    norm = dict.fromkeys(NORM, (T, D))
    heads = dict.fromkeys(("q", "k", "v", "mixed"), (H, T, K))
    scores = dict.fromkeys(("scores", "probs"), (H, T, T))
    whole = {"qkv": (T, 3 * D), "merged": (T, D), "out": (T, D)}
    attention = heads | scores | whole
    block = {f"norm1.{name}": norm[name] for name in NORM}
    block |= {f"attention.{name}": attention[name] for name in ATTENTION}
    block["after_attention"] = (T, D)
    block |= {f"norm2.{name}": norm[name] for name in NORM}
    block |= {"mlp.z": (T, M), "mlp.h": (T, M), "mlp.out": (T, D), "after_mlp": (T, D)}

    names = {"images": (*config.image, config.channels), "patches": (N, config.pixels)}
    names |= {"embed.projected": (N, D), "embed.tokens": (T, D), "embed.out": (T, D)}
    for i in range(config.depth):
        names |= {f"blocks.{i}.{name}": shape for name, shape in block.items()}
    names |= {f"norm.{name}": norm[name] for name in NORM}
    return names | {"head.pooled": (D,), "logits": (config.classes,)}


class Trace:
    """`values[name]` after construction; `gradients[name]` after `backward`.

    The names are those of `trace_names`. `gradients` holds the parameters' gradients too, under
    the parameters' names; a model's own `gradients` are left alone. Always runs on NumPy.
    """

    def __init__(self, config: ViTConfig, parameters: Mapping, images: np.ndarray):
        self.config = config
        self.parameters = parameters
        self.values: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}
        self._caches: dict[str, tuple] = {}
        self._forward(images)

    @property
    def logits(self) -> np.ndarray:
        """(B, C)."""
        return self.values["logits"]

    def backward(self, dlogits: np.ndarray) -> None:
        """Fill `gradients` from dlogits (B, C), in mirror order of the forward pass."""
        g = self.gradients = {}
        g["logits"] = dlogits.astype(self.logits.dtype)
        dpooled = self._linear_backward("head", "head", "w", "b", g["logits"])
        g["head.pooled"] = dpooled
        dx = pool_backward(dpooled, self.values["norm.out"].shape, self.config.pool)
        dx = self._norm_backward("norm", dx)
        for i in reversed(range(self.config.depth)):
            dx = self._block_backward(f"blocks.{i}", dx)
        self._embed_backward(dx)
        order = [*self.values, *parameter_shapes(self.config)]
        self.gradients = {name: g[name] for name in order}

    def _forward(self, images: np.ndarray) -> None:
        v, p = self.values, self.parameters
        v["images"] = images
        v["patches"], self._caches["patches"] = ops.patchify_forward(
            images, patch=self.config.patch
        )
        x = self._linear("embed", "projected", "w", "b", v["patches"])
        if self.config.pool == "cls":
            cls = np.broadcast_to(p["embed.cls"], (len(x), 1, self.config.width))
            x = np.concatenate([cls, x], axis=1)
        v["embed.tokens"] = x
        x = x + p["embed.positions"] if "embed.positions" in p else x.copy()
        v["embed.out"] = x
        for i in range(self.config.depth):
            x = self._block(f"blocks.{i}", x)
        x = self._norm("norm", x)
        v["head.pooled"] = pool_forward(x, self.config.pool)
        v["logits"], self._caches["head"] = ops.linear_forward(
            v["head.pooled"], p["head.w"], p["head.b"]
        )

    def _block(self, block: str, x: np.ndarray) -> np.ndarray:
        v, a = self.values, f"{block}.attention"
        h = self._norm(f"{block}.norm1", x)
        qkv = self._linear(a, "qkv", "w_qkv", "b_qkv", h)
        v[f"{a}.q"], v[f"{a}.k"], v[f"{a}.v"] = split_heads(qkv, self.config.heads)
        v[f"{a}.scores"] = attention_scores(v[f"{a}.q"], v[f"{a}.k"])
        v[f"{a}.probs"], self._caches[f"{a}.softmax"] = ops.softmax_forward(v[f"{a}.scores"])
        v[f"{a}.mixed"] = v[f"{a}.probs"] @ v[f"{a}.v"]
        v[f"{a}.merged"] = merge_heads(v[f"{a}.mixed"])
        x = x + self._linear(a, "out", "w_out", "b_out", v[f"{a}.merged"])
        v[f"{block}.after_attention"] = x

        h = self._norm(f"{block}.norm2", x)
        z = self._linear(f"{block}.mlp", "z", "w1", "b1", h)
        v[f"{block}.mlp.h"], self._caches[f"{block}.gelu"] = ops.gelu_forward(
            z, form=self.config.gelu
        )
        x = x + self._linear(f"{block}.mlp", "out", "w2", "b2", v[f"{block}.mlp.h"])
        v[f"{block}.after_mlp"] = x
        return x

    def _block_backward(self, block: str, dx: np.ndarray) -> np.ndarray:
        v, g, a = self.values, self.gradients, f"{block}.attention"
        g[f"{block}.after_mlp"] = g[f"{block}.mlp.out"] = dx
        dh = self._linear_backward(f"{block}.mlp.out", f"{block}.mlp", "w2", "b2", dx)
        g[f"{block}.mlp.h"] = dh
        dz = ops.gelu_backward(dh, self._caches[f"{block}.gelu"])
        g[f"{block}.mlp.z"] = dz
        dh = self._linear_backward(f"{block}.mlp.z", f"{block}.mlp", "w1", "b1", dz)
        dx = dx + self._norm_backward(f"{block}.norm2", dh)

        g[f"{block}.after_attention"] = g[f"{a}.out"] = dx
        dmerged = self._linear_backward(f"{a}.out", a, "w_out", "b_out", dx)
        g[f"{a}.merged"] = dmerged
        dmixed = g[f"{a}.mixed"] = split_one(dmerged, self.config.heads)
        q, k, values = v[f"{a}.q"], v[f"{a}.k"], v[f"{a}.v"]
        dprobs = g[f"{a}.probs"] = dmixed @ np.swapaxes(values, -1, -2)
        dscores = ops.softmax_backward(dprobs, self._caches[f"{a}.softmax"])
        g[f"{a}.scores"] = dscores
        scaled = dscores * (1 / q.shape[-1] ** 0.5)
        g[f"{a}.q"], g[f"{a}.k"] = scaled @ k, np.swapaxes(scaled, -1, -2) @ q
        g[f"{a}.v"] = np.swapaxes(v[f"{a}.probs"], -1, -2) @ dmixed
        dqkv = g[f"{a}.qkv"] = join_heads(g[f"{a}.q"], g[f"{a}.k"], g[f"{a}.v"])
        dh = self._linear_backward(f"{a}.qkv", a, "w_qkv", "b_qkv", dqkv)
        return dx + self._norm_backward(f"{block}.norm1", dh)

    def _embed_backward(self, dx: np.ndarray) -> None:
        g, p = self.gradients, self.parameters
        g["embed.out"] = g["embed.tokens"] = dx
        if "embed.positions" in p:
            g["embed.positions"] = dx.sum(axis=0)
        if self.config.pool == "cls":
            g["embed.cls"] = dx[:, 0].sum(axis=0)
            dx = dx[:, 1:]
        g["embed.projected"] = dx
        dpatches = self._linear_backward("embed.projected", "embed", "w", "b", dx)
        g["patches"] = dpatches
        g["images"] = ops.patchify_backward(dpatches, self._caches["patches"])

    def _linear(self, place: str, name: str, w: str, b: str, x: np.ndarray) -> np.ndarray:
        y, cache = ops.linear_forward(
            x, self.parameters[f"{place}.{w}"], self.parameters.get(f"{place}.{b}")
        )
        self.values[f"{place}.{name}"], self._caches[f"{place}.{name}"] = y, cache
        return y

    def _linear_backward(self, cache: str, place: str, w: str, b: str, dy: np.ndarray):
        dx, dw, db = ops.linear_backward(dy, self._caches[cache])
        self.gradients[f"{place}.{w}"] = dw
        if db is not None:
            self.gradients[f"{place}.{b}"] = db
        return dx

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        gamma, beta = self.parameters[f"{name}.gamma"], self.parameters[f"{name}.beta"]
        y, cache = ops.layernorm_forward(x, gamma, beta, eps=self.config.eps)
        self.values[f"{name}.x_hat"], self.values[f"{name}.out"] = cache.x_hat, y
        self._caches[name] = cache
        return y

    def _norm_backward(self, name: str, dy: np.ndarray) -> np.ndarray:
        g, cache = self.gradients, self._caches[name]
        g[f"{name}.out"], g[f"{name}.x_hat"] = dy, dy * cache.gamma
        dx, g[f"{name}.gamma"], g[f"{name}.beta"] = ops.layernorm_backward(dy, cache)
        return dx
