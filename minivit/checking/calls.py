"""How each op is called: its arrays as shapes in the letters B, T, D, ..., and its options.

A way to call an op is (what is special about it, its arrays, its options), for any sizes. The
first way is the plain one; there is another for every option, and for every array that may be
absent. Gradient checks, the comparison with the kernels, tests and benchmarks draw from this table
at sizes of their own, so that an op that is entered here is checked by all of them.
"""

import numpy as np

from minivit.checking.sizes import SMALL, Call, Sizes, normal, weights
from minivit.ops import AttentionOptions, Drop, Window


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
    return [
        ("", (square,), {"patch": s.P}),
        ("oblong patches", (oblong,), {"patch": (s.P, s.P + 1)}),
    ]


def linear(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.T, s.D), weights(s.D, s.M), normal(s.M)
    return [("", (x, w, b), {}), ("no bias", (x, w, None), {})]


def embed(s: Sizes) -> list[tuple]:
    pixels = s.P * s.P * s.channels
    patches, w, b, cls = normal(s.B, s.N, pixels), weights(pixels, s.D), normal(s.D), normal(s.D)
    return [
        ("", (patches, w, b, cls, normal(s.N + 1, s.D)), {}),
        ("no cls token", (patches, w, b, None, normal(s.N, s.D)), {}),
        ("no positions", (patches, w, b, cls, None), {}),
        ("no bias, cls token or positions", (patches, w, None, None, None), {}),
    ]


def positions(s: Sizes) -> list[tuple]:
    return [("", (normal(s.B, s.T, s.D), normal(s.T, s.D)), {})]


def positions_2d(s: Sizes) -> list[tuple]:
    (down, across), half = s.grid, max(s.D // 2, 1)
    tables, cls = (normal(down, half), normal(across, half)), normal(2 * half)
    return [
        ("", (normal(s.B, s.N + 1, 2 * half), *tables, cls), {"grid": s.grid}),
        ("no cls token", (normal(s.B, s.N, 2 * half), *tables, None), {"grid": s.grid}),
    ]


def layernorm(s: Sizes) -> list[tuple]:
    x, gamma, beta = normal(s.B, s.T, s.D), normal(s.D), normal(s.D)
    return [
        ("", (x, gamma, beta), {}),
        ("eps 0.1", (x, gamma, beta), {"eps": 0.1}),
        ("around -50", (normal(s.B, s.T, s.D, around=-50), gamma, beta), {}),
    ]


def softmax(s: Sizes) -> list[tuple]:
    scores = s.B, s.H, s.T, s.T
    return [("", (normal(*scores),), {}), ("around 1000", (normal(*scores, around=1000),), {})]


def attention(s: Sizes) -> list[tuple]:
    q = k = v = normal(s.B, s.H, s.T, s.K)
    with_cls, patches = normal(s.B, s.H, s.N + 1, s.K), normal(s.B, s.H, s.N, s.K)
    column = AttentionOptions(window=Window(s.grid, (s.grid[0], 0)))
    return [
        ("", (q, k, v, None), {}),
        ("top k", (q, k, v, None), {"options": best(s)}),
        ("window", (*[with_cls] * 3, None), {"options": near(s)}),
        ("column, no cls token", (*[patches] * 3, None), {"options": column}),
        ("relative", (q, k, v, normal(s.H, 2 * s.T, s.K)), {}),
        ("relative, no cls token", (q, k, v, normal(s.H, 2 * s.T - 1, s.K)), {}),
    ]


def best(s: Sizes) -> AttentionOptions:
    """About half of the keys."""
    return AttentionOptions(top_k=(s.T + 1) // 2)


def near(s: Sizes) -> AttentionOptions:
    """The patches beside it in its row: not all, in any grid of two rows."""
    return AttentionOptions(window=Window(s.grid, (0, 1)))


def multihead_attention(s: Sizes) -> list[tuple]:
    x, w_qkv, b_qkv = normal(s.B, s.T, s.D), weights(s.D, 3 * s.D), normal(3 * s.D)
    w_out, b_out = weights(s.D, s.D), normal(s.D)
    plain = x, w_qkv, b_qkv, w_out, b_out, None
    return [
        ("", plain, {"heads": s.H}),
        ("no biases", (x, w_qkv, None, w_out, None, None), {"heads": s.H}),
        ("one head", plain, {"heads": 1}),
        ("top k", plain, {"heads": s.H, "options": best(s)}),
        ("window", (normal(s.B, s.N + 1, s.D), *plain[1:]), {"heads": s.H, "options": near(s)}),
        ("relative", (*plain[:-1], normal(2 * s.T, s.D)), {"heads": s.H}),
    ]


def attention_branch(s: Sizes) -> list[tuple]:
    return branch(s, multihead_attention(s))


def branch(s: Sizes, ways: list[tuple]) -> list[tuple]:
    """The ways to call what a branch is made around, and what the branch adds."""
    gamma, beta = normal(s.D), normal(s.D)
    ways = [(words, (x, gamma, beta, *w), options) for words, (x, *w), options in ways]
    _, plain, options = ways[0]
    return [
        *ways,
        ("stochastic depth", plain, {**options, "drop": Drop(rate=0.5, seed=1)}),
        ("eps 0.1", plain, {**options, "eps": 0.1}),
    ]


def gelu(s: Sizes) -> list[tuple]:
    z = normal(s.B, s.T, s.M)
    return [("", (z,), {}), ("tanh", (z,), {"form": "tanh"})]


def mlp(s: Sizes) -> list[tuple]:
    x, w1, b1 = normal(s.B, s.T, s.D), weights(s.D, s.M), normal(s.M)
    w2, b2 = weights(s.M, s.D), normal(s.D)
    return [
        ("", (x, w1, b1, w2, b2), {}),
        ("tanh", (x, w1, b1, w2, b2), {"gelu": "tanh"}),
        ("no biases", (x, w1, None, w2, None), {}),
    ]


def mlp_branch(s: Sizes) -> list[tuple]:
    return branch(s, mlp(s))


def stochastic_depth(s: Sizes) -> list[tuple]:
    x = normal(s.B, s.T, s.D)
    return [
        ("", (x,), {"drop": Drop(rate=0.5, seed=1)}),
        ("second part of a batch", (x,), {"drop": Drop(rate=0.5, seed=1, first_image=s.B)}),
    ]


def head(s: Sizes) -> list[tuple]:
    x, w, b = normal(s.B, s.T, s.D), weights(s.D, s.C), normal(s.C)
    return [
        ("", (x, w, b), {}),
        ("mean", (x, w, b), {"pool": "mean"}),
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


OPS = {  # from the pixels to the loss
    "patchify": patchify,
    "linear": linear,
    "embed": embed,
    "positions": positions,
    "positions_2d": positions_2d,
    "layernorm": layernorm,
    "softmax": softmax,
    "attention": attention,
    "multihead_attention": multihead_attention,
    "attention_branch": attention_branch,
    "gelu": gelu,
    "mlp": mlp,
    "mlp_branch": mlp_branch,
    "stochastic_depth": stochastic_depth,
    "head": head,
    "cross_entropy": cross_entropy,
}
