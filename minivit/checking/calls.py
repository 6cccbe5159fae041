"""How each op is called: its arrays as shapes in the letters B, T, D, ..., and its options.

A way to call an op is (what is special about it, its arrays, its options), for any sizes. The
first way is the plain one; there is another for every option, and for every array that may be
absent. Gradient checks, the comparison with the kernels, tests and benchmarks draw from this table
at sizes of their own, so that an op that is entered here is checked by all of them.
"""

import numpy as np

from minivit.checking.sizes import SMALL, Call, Sizes, normal, weights
from minivit.ops import AttentionOptions, BranchDrop, Drop, Window

HALF = Drop(rate=0.5, seed=1)


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
        ("dropout", (q, k, v, None), {"drop": HALF}),
        ("dropout of the best, second part of a batch", (q, k, v, None),
         {"options": best(s), "drop": HALF._replace(first_image=s.B)}),
    ]  # fmt: skip


def best(s: Sizes) -> AttentionOptions:
    """About half of the keys."""
    return AttentionOptions(top_k=(s.T + 1) // 2)


def near(s: Sizes) -> AttentionOptions:
    """The patches beside it in its row: not all, in any grid of two rows."""
    return AttentionOptions(window=Window(s.grid, (0, 1)))


def multihead_attention(s: Sizes) -> list[tuple]:
    x, w_qkv, b_qkv = normal(s.B, s.T, s.D), weights(s.D, 3 * s.D), normal(3 * s.D)
    w_out, b_out = weights(s.D, s.D), normal(s.D)
    HK = s.D + s.H  # a column more for every head
    wide = weights(s.D, 3 * HK), normal(3 * HK), weights(HK, s.D)
    plain = x, w_qkv, b_qkv, w_out, b_out, None
    return [
        ("", plain, {"heads": s.H}),
        ("no biases", (x, w_qkv, None, w_out, None, None), {"heads": s.H}),
        ("one head", plain, {"heads": 1}),
        ("no output projection", (x, w_qkv, b_qkv, None, None, None), {"heads": 1}),
        ("wide heads", (x, *wide, b_out, None), {"heads": s.H}),
        ("top k", plain, {"heads": s.H, "options": best(s)}),
        ("window", (normal(s.B, s.N + 1, s.D), *plain[1:]), {"heads": s.H, "options": near(s)}),
        ("relative", (*plain[:-1], normal(2 * s.T, s.D)), {"heads": s.H}),
        ("dropout", plain, {"heads": s.H, "drop": HALF}),
    ]


def attention_branch(s: Sizes) -> list[tuple]:
    return branch(s, multihead_attention(s))


def branch(s: Sizes, ways: list[tuple]) -> list[tuple]:
    """The ways to call what a branch is made around, and what the branch adds."""
    gamma, beta = normal(s.D), normal(s.D)
    for i, (words, (x, *w), options) in enumerate(ways):
        if "drop" in options:
            options = {**options, "drop": BranchDrop(inside=options["drop"])}
        ways[i] = words, (x, gamma, beta, *w), options
    _, plain, options = ways[0]
    out = HALF._replace(seed=2)
    everything = BranchDrop(*(Drop(rate=0.5, seed=seed, first_image=s.B) for seed in (4, 3, 2)))
    return [
        *ways,
        ("dropout of what is added", plain, {**options, "drop": BranchDrop(out=out)}),
        ("stochastic depth", plain, {**options, "drop": BranchDrop(images=HALF)}),
        ("everything dropped", plain, {**options, "drop": everything}),
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
        ("dropout", (x, w1, b1, w2, b2), {"drop": HALF}),
    ]


def mlp_branch(s: Sizes) -> list[tuple]:
    return branch(s, mlp(s))


def dropout(s: Sizes) -> list[tuple]:
    x = normal(s.B, s.T, s.D)
    return [
        ("", (x,), {"drop": HALF}),
        ("second part of a batch", (x,), {"drop": HALF._replace(first_image=s.B)}),
    ]


def stochastic_depth(s: Sizes) -> list[tuple]:
    return dropout(s)  # the same calls: one drops values, the other images


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


OPS = {  # from the pixels to the loss
    "patchify": patchify,
    "linear": linear,
    "embed": embed,
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
    "cross_entropy": cross_entropy,
}
