"""How the ops of a block are called: the middle of the table in calls.py, which explains it."""

from minivit.checking.sizes import Sizes, normal, weights
from minivit.ops import AttentionOptions, BranchDrop, Drop, Window

HALF = Drop(rate=0.5, seed=1)


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
