"""How each op is called: its arrays as shapes in the letters B, T, D, ..., and its options.

A way to call an op is (what is special about it, its arrays, its options), for any sizes. The
first way is the plain one; there is another for every option, and for every array that may be
absent. Gradient checks, the comparison with the kernels, tests and benchmarks draw from this table
at sizes of their own, so that an op that is entered here is checked by all of them.
"""

import numpy as np

from minivit.checking.block_calls import (
    attention,
    attention_branch,
    dropout,
    gelu,
    layernorm,
    mlp,
    mlp_branch,
    multihead_attention,
    softmax,
    stochastic_depth,
)
from minivit.checking.map_calls import (
    batchnorm,
    convolution,
    depthwise_convolution,
    groupnorm,
    max_pool,
    relu,
    weight_standardisation,
)
from minivit.checking.sizes import SMALL, Call, Sizes, normal, weights
from minivit.ops.masking import Masking


def calls(op: str, sizes: Sizes = SMALL) -> list[Call]:
    """All ways to call one of OPS."""
    return [Call(op, *way) for way in OPS[op](sizes)]


def every_call(sizes: Sizes = SMALL) -> dict[str, Call]:
    """All ways to call all ops, by their names: {"linear": ..., "linear: no bias": ...}."""
    return {call.name: call for op in OPS for call in calls(op, sizes)}


def patchify(s: Sizes) -> list[tuple]:
    down, across = s.grid
    square = normal(s.B, down * s.P, across * s.P, s.channels)
    oblong = normal(s.B, down * s.P, across * (s.P + 1), s.channels)
    close = normal(s.B, s.P + (down - 1), s.P + 1 + (across - 1) * s.P, s.channels)
    return [
        ("", (square,), {"patch": s.P}),
        ("oblong patches", (oblong,), {"patch": (s.P, s.P + 1)}),
        ("overlapping patches", (close,), {"patch": (s.P, s.P + 1), "stride": (1, s.P)}),
    ]


def linear(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.T, s.D), weights(s.D, s.M), normal(s.M)
    return [("", (x, w, b), {}), ("no bias", (x, w, None), {})]


def embed(s: Sizes) -> list[tuple]:
    pixels = s.P * s.P * s.channels
    patches, w, b, cls = normal(s.B, s.N, pixels), weights(pixels, s.D), normal(s.D), normal(s.D)
    tokens = normal(s.B, s.N, s.D)
    return [
        ("", (patches, w, b, cls, normal(s.N + 1, s.D)), {}),
        ("no cls token", (patches, w, b, None, normal(s.N, s.D)), {}),
        ("no positions", (patches, w, b, cls, None), {}),
        ("no bias, cls token or positions", (patches, w, None, None, None), {}),
        ("tokens already", (tokens, None, None, cls, normal(s.N + 1, s.D)), {}),
        ("tokens already, and nothing else", (tokens, None, None, None, None), {}),
    ]


def pick_tokens(s: Sizes) -> list[tuple]:
    masking, token = Masking(s.N, (s.N + 1) // 2, seed=3), normal(s.D)
    patches, with_cls = normal(s.B, s.N, s.D), normal(s.B, s.N + 1, s.D)
    visible = normal(s.B, s.N - masking.hidden + 1, s.D)
    return [
        ("", (patches, token), {"masking": masking, "way": "corrupted"}),
        ("corrupted, second part of a batch", (with_cls, token),
         {"masking": masking._replace(first_image=s.B), "way": "corrupted", "has_cls": True}),
        ("visible", (with_cls, None), {"masking": masking, "way": "visible", "has_cls": True}),
        ("hidden", (with_cls, None), {"masking": masking, "way": "hidden", "has_cls": True}),
        ("restored", (visible, token), {"masking": masking, "way": "restored", "has_cls": True}),
    ]  # fmt: skip


def positions(s: Sizes) -> list[tuple]:
    return [("", (normal(s.B, s.T, s.D), normal(s.T, s.D)), {})]


def positions_2d(s: Sizes) -> list[tuple]:
    (down, across), half = s.grid, max(s.D // 2, 1)
    tables, cls = (normal(down, half), normal(across, half)), normal(2 * half)
    return [
        ("", (normal(s.B, s.N + 1, 2 * half), *tables, cls), {"grid": s.grid}),
        ("no cls token", (normal(s.B, s.N, 2 * half), *tables, None), {"grid": s.grid}),
    ]


def sincos_positions(s: Sizes) -> list[tuple]:
    width = 4 * max(s.D // 4, 1)
    with_cls, without = normal(s.B, s.N + 1, width), normal(s.B, s.N, width)
    return [
        ("", (with_cls,), {"grid": s.grid}),
        ("2-D", (with_cls,), {"grid": s.grid, "kind": "sincos-2d"}),
        ("2-D, no cls token", (without,), {"grid": s.grid, "kind": "sincos-2d"}),
        ("2-D as in MAE", (with_cls,), {"grid": s.grid, "kind": "sincos-2d-mae"}),
    ]


def pool(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.T, s.D), weights(s.D, 1), normal(1)
    with_cls = normal(s.B, s.N + 1, s.D)
    return [
        ("", (x, w, b), {"pool": "sequence"}),
        ("no bias", (x, w, None), {"pool": "sequence"}),
        ("cls token", (x, None, None), {"pool": "cls"}),
        ("mean", (x, None, None), {"pool": "mean"}),
        ("mean of the patches", (with_cls, None, None), {"pool": "mean", "has_cls": True}),
        ("flatten", (x, None, None), {"pool": "flatten"}),
    ]


def pre_logits(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.D), weights(s.D, s.M), normal(s.M)
    return [("", (x, w, b), {}), ("no bias", (x, w, None), {})]


def head(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.T, s.D), weights(s.D, s.C), normal(s.C)
    with_cls = normal(s.B, s.N + 1, s.D)
    return [
        ("", (x, w, b), {}),
        ("mean", (x, w, b), {"pool": "mean"}),
        ("mean of the patches", (with_cls, w, b), {"pool": "mean", "has_cls": True}),
        ("flatten", (x, weights(s.T * s.D, s.C), b), {"pool": "flatten"}),
        ("pooled before", (normal(s.B, s.D), w, b), {"pool": None}),
        ("no bias", (x, w, None), {}),
    ]


def cross_entropy(s: Sizes) -> list[tuple]:
    logits, labels = normal(s.B, s.C), np.arange(s.B)[::-1] % s.C
    soft = np.random.default_rng(0).dirichlet(np.ones(s.C), s.B)  # rows that sum to 1
    return [
        ("", (logits,), {"labels": labels}),
        ("smoothing", (logits,), {"labels": labels, "smoothing": 0.1}),
        ("soft targets", (logits,), {"labels": soft}),
    ]


def mean_squared_error(s: Sizes) -> list[tuple]:
    shape = s.B, s.T, s.D
    targets = np.random.default_rng(1).standard_normal(shape)
    return [("", (normal(*shape),), {"targets": targets})]


def similarity(s: Sizes) -> list[tuple]:
    inputs = normal(s.B, s.D), normal(s.C, s.D), normal(1)
    return [("", inputs, {}), ("eps 0.1", inputs, {"eps": 0.1})]


OPS = {  # from the pixels to the loss
    "patchify": patchify,
    "linear": linear,
    "embed": embed,
    "pick_tokens": pick_tokens,
    "positions": positions,
    "positions_2d": positions_2d,
    "sincos_positions": sincos_positions,
    "layernorm": layernorm,
    "softmax": softmax,
    "attention": attention,
    "multihead_attention": multihead_attention,
    "attention_branch": attention_branch,
    "gelu": gelu,
    "mlp": mlp,
    "mlp_branch": mlp_branch,
    "dropout": dropout,
    "stochastic_depth": stochastic_depth,
    "pool": pool,
    "pre_logits": pre_logits,
    "head": head,
    "similarity": similarity,
    "cross_entropy": cross_entropy,
    "mean_squared_error": mean_squared_error,
    "convolution": convolution,  # from here on those of a ResNet
    "depthwise_convolution": depthwise_convolution,
    "max_pool": max_pool,
    "weight_standardisation": weight_standardisation,
    "groupnorm": groupnorm,
    "batchnorm": batchnorm,
    "relu": relu,
}
