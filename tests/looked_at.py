"""Small models of every kind to look into, in float64, and images for them."""

import numpy as np

import minivit

SIZES = {"image": (4, 6), "channels": 2, "patch": (2, 2), "width": 8, "depth": 2, "heads": 2,
         "mlp": 12, "classes": 3}  # fmt: skip
KINDS = {
    "cls": {},
    "mean": {"pool": "mean"},
    "mean beside cls": {"pool": "mean", "cls_token": True},
    "sequence": {"pool": "sequence"},
    "sequence with cls": {"pool": "sequence", "cls_token": True},
    "flatten": {"pool": "flatten"},
    "norm after pool": {"pool": "mean", "norm_after_pool": True},
    "pre-logits": {"pre_logits": 5},
    "axial": {"axial": True},
    "window": {"window": 3, "pool": "mean"},
    "top-k": {"top_k": 2},
    "relative": {"positions": "relative"},
    "every layer": {"positions": "learned-2d", "positions_at": "every-layer"},
    "2-D": {"positions": "learned-2d"},
    "sincos": {"positions": "sincos-2d"},
    "overlap": {"patch": (2, 3), "stride": (1, 3), "pool": "mean"},
    "patch norm": {"patch_norm": True},
    "head width": {"head_width": 3, "qkv_bias": False, "gelu": "tanh"},
    "hybrid": {"image": (8, 12), "root": 2, "root_side": 3, "root_pool": False, "groups": 1},
    "batch norm": {"image": (8, 12), "root": 2, "root_side": 3, "root_pool": False,
                   "norm": "batch"},
    "plain units": {"image": (16, 24), "root": 2, "root_side": 3, "root_stride": 1,
                    "stages": (1, 1), "unit": "plain", "norm": "batch"},
    "chance": {"dropout": 0.5, "attention_dropout": 0.5, "stochastic_depth": 0.5},
}  # fmt: skip


def build(**changes) -> minivit.ViT:
    """A model in which no parameter is 0, so that gradients get everywhere."""
    model = minivit.ViT(minivit.ViTConfig(**SIZES | changes), dtype=np.float64)
    rng = np.random.default_rng(1)
    model.parameters.flat[:] = 0.4 * rng.standard_normal(model.layout.size)
    return model


def images_for(model: minivit.ViT, count: int = 3) -> np.ndarray:
    """images (count, height, width, channels), the same whenever they are asked for."""
    c = model.config
    return np.random.default_rng(2).uniform(-1, 1, (count, *c.image, c.channels))


def drawn_attention(seed: int, images=2, layers=3, heads=2, tokens=7) -> np.ndarray:
    """Attention (B, L, H, T, T) that no model made: rows are positive and sum to 1."""
    A = np.random.default_rng(seed).exponential(size=(images, layers, heads, tokens, tokens))
    return A / A.sum(axis=-1, keepdims=True)
