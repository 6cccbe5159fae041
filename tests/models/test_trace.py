import math
from dataclasses import MISSING

import numpy as np
import pytest
from sincos_formulas import expected_table

from minivit import ViT, ViTConfig, trace_names
from minivit.fields import described_fields
from minivit.models.backbone_options import Backbone
from minivit.models.chance import Chance
from minivit.models.objective import DEFAULTS
from minivit.ops.dropout import value_factors
from minivit.ops.stochastic_depth import image_factors

rng = np.random.default_rng(0)
IMAGES, DLOGITS = rng.uniform(-1, 1, (3, 4, 6, 2)), rng.standard_normal((3, 3))

CHANGES = [
    {},
    {"pool": "mean"},
    {"positions": "none"},
    {"positions": "none", "pool": "mean"},
    {"qkv_bias": False, "gelu": "tanh"},
    {"depth": 0},
    {"positions": "learned-2d"},
    {"positions": "learned-2d", "positions_at": "every-layer", "pool": "mean"},
    {"positions": "learned-2d", "positions_at": "every-layer-shared"},
    {"positions_at": "every-layer"},
    {"positions": "sincos", "positions_at": "every-layer"},
    {"positions": "sincos-2d"},
    {"positions": "sincos-2d-mae", "pool": "mean"},
    {"positions": "relative"},
    {"positions": "relative", "positions_at": "every-layer-shared", "pool": "mean", "top_k": 2},
    {"top_k": 2},
    {"patch": (1, 2), "window": 3},
    {"patch": 2, "axial": True, "positions": "relative"},
    {"axial": True, "pool": "mean", "stochastic_depth": 0.5},
    {"window": 1, "pool": "mean", "positions": "relative"},
    {"stochastic_depth": 0.5},
    {"pool": "mean", "cls_token": True, "positions": "learned-2d"},
    {"pool": "mean", "norm_after_pool": True},
    {"pool": "sequence"},
    {"pool": "sequence", "cls_token": True, "norm_after_pool": True, "pre_logits": 5},
    {"pool": "flatten", "cls_token": True},
    {"pool": "flatten", "norm_after_pool": True},
    {"pre_logits": 5},
    {"dropout": 0.3},
    {"dropout": 0.3, "positions": "learned-2d", "stochastic_depth": 0.5},
    {"attention_dropout": 0.4},
    {"attention_dropout": 0.4, "dropout": 0.2, "top_k": 3, "pool": "mean"},
    {"patch_norm": True},
    {"patch_norm": True, "pool": "mean", "positions_at": "every-layer"},
    {"stride": (1, 2), "patch": (2, 2)},
    {"heads": 3, "head_width": 5},
    {"heads": 1, "out_projection": False},
]
SEED = 1  # with which stochastic depth drops some branches and keeps others


def test_every_option_is_among_them():
    given = {f.name for f in described_fields(ViTConfig) if f.help and f.default is not MISSING}
    backbone = {f.name for f in described_fields(Backbone)}  # test_resnet.py traces it
    # eps is read wherever a LayerNorm is, and test_hidden.py has what learns from hidden patches
    assert given - set().union(*CHANGES) == {"eps", *DEFAULTS} | backbone


def build(**changes):
    config = {"image": (4, 6), "channels": 2, "patch": (2, 3), "width": 8, "depth": 2, "heads": 2}
    config |= {"mlp": 12, "classes": 3} | changes
    config = ViTConfig(**config)
    model = ViT(config, seed=1, dtype=np.float64, zero_head=False, position_std=0.5)
    if "embed.cls" in model.parameters:  # at 0 a LayerNorm would stand where it bends most sharply
        model.parameters["embed.cls"] = np.random.default_rng(2).standard_normal(8)
    return model


@pytest.mark.parametrize("changes", CHANGES)
def test_holds_every_name_in_its_shape(changes):
    model = build(**changes)
    trace = model.trace(IMAGES)
    trace.backward(DLOGITS)
    names = trace_names(model.config)
    assert list(trace.values) == list(names)
    for name, shape in names.items():
        assert trace.values[name].shape == (3, *shape), name
        assert trace.gradients[name].shape == (3, *shape), name
    assert set(trace.gradients) == set(names) | set(model.parameters)


@pytest.mark.usefixtures("ops")  # the trace is NumPy's; the model runs on both backends
@pytest.mark.parametrize("changes", CHANGES)
def test_equals_forward_and_backward(changes):
    model = build(**changes)
    logits, cache = model.forward(IMAGES, seed=SEED)
    dimages = model.backward(DLOGITS, cache, want_dimages=True)
    trace = model.trace(IMAGES, seed=SEED)
    trace.backward(DLOGITS)
    assert np.abs(trace.logits - logits).max() < 1e-13
    assert np.abs(trace.gradients["patchify.images"] - dimages).max() < 1e-13
    for name, gradient in model.gradients.items():
        assert np.abs(trace.gradients[name] - gradient).max() < 1e-13, name


def traced_at(model):
    """A trace of the rerun's own kind: where stochastic depth may drop, it is drawn."""
    trace = model.trace(IMAGES, seed=SEED)
    trace.backward(DLOGITS)
    return trace


@pytest.mark.parametrize("changes", [c for c in CHANGES if c.get("depth") != 0])
def test_every_gradient_is_that_of_its_value(changes):
    """Nudge one intermediate by its name, let everything after it follow, compare the loss."""
    model = build(**changes)
    trace = traced_at(model)
    generator = np.random.default_rng(5)
    for name in trace.values:
        direction = generator.standard_normal(trace.values[name].shape)
        expected = float((trace.gradients[name] * direction).sum())
        up, down = (rerun(model, name, sign * 1e-5 * direction) for sign in (1, -1))
        slope = float(((up - down) * DLOGITS).sum() / 2e-5)
        assert abs(slope - expected) < 1e-6 * (1 + abs(slope)), name


def rerun(model, name, nudge):
    """Logits when `nudge` is added to one intermediate: the paper's equations, written out."""
    c, p = model.config, model.parameters

    def seen(here, value):
        return value + nudge if here == name else value

    def norm(place, x):
        centred = x - x.mean(axis=-1, keepdims=True)
        x_hat = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + c.eps)
        x_hat = seen(f"{place}.x_hat", x_hat)
        return seen(f"{place}.normed", x_hat * p[f"{place}.gamma"] + p[f"{place}.beta"])

    def positions(place, x):
        if c.positions.startswith("sincos"):
            table = expected_table(c.positions, c.grid, c.width, "embed.cls" in p)
            return seen(f"{place}.y", x + table)
        home = "positions" if c.positions_at == "every-layer-shared" else place
        if f"{home}.table" in p:
            return seen(f"{place}.y", x + p[f"{home}.table"])
        if f"{home}.rows" not in p:
            return x
        table = [np.append(r, s) for r in p[f"{home}.rows"] for s in p[f"{home}.columns"]]
        of_cls = [p[f"{home}.cls"]] if "embed.cls" in p else []
        return seen(f"{place}.y", x + np.array([*of_cls, *table]))

    def relative(place):
        """What is added to key j for query i: the embedding of p_i - p_j, (H, T, T, K)."""
        table = p.get(f"{place}.offsets", p.get("positions.offsets"))
        if table is None:
            return 0
        last = c.patches - 1
        rows = np.array([[i - j + last for j in range(c.patches)] for i in range(c.patches)])
        if c.has_cls:
            rows = np.pad(rows, ((1, 0), (1, 0)))
            rows[0], rows[1:, 0], rows[0, 0] = 2 * last + 1, 2 * last + 2, 2 * last + 3
        return np.stack(np.split(table[rows], c.heads, axis=2))

    def dropped(place, i, x):
        x = kept(place, "out", c.dropout, x, "out_kept")
        drop = Chance(SEED).drop(place, "stochastic depth", c.drop_rate(i))
        return x if drop is None else seen(f"{place}.scaled", x * image_factors(drop, x))

    def kept(place, purpose, rate, x, name):
        drop = Chance(SEED).drop(place, purpose, rate)
        return x if drop is None else seen(f"{place}.{name}", x * value_factors(drop, x))

    images = seen("patchify.images", IMAGES)
    (B, height, width, _), (P, Q), (S, R) = images.shape, c.patch, c.stride or c.patch
    corners = [(i, j) for i in range(0, height - P + 1, S) for j in range(0, width - Q + 1, R)]
    patches = np.stack([images[:, i : i + P, j : j + Q].reshape(B, -1) for i, j in corners], 1)
    patches = seen("patchify.patches", patches)
    if c.patch_norm:
        x = norm("patch_norm", patches) @ p["projection.w"] + p["projection.b"]
        x = norm("projection_norm", seen("projection.y", x))
    else:
        x = patches @ p["embed.w"] + p["embed.b"]
    x = seen("embed.projected", x)
    if "embed.cls" in p:
        x = np.concatenate([np.tile(p["embed.cls"], (B, 1, 1)), x], axis=1)
    x = seen("embed.tokens", x)
    x = seen("embed.x", x + p.get("embed.positions", 0))
    if c.positions_at == "input":
        x = positions("positions", x)
    x = kept("dropout", "out", c.dropout, x, "y")
    for i in range(c.depth):
        if c.positions_at != "input":
            x = positions(f"blocks.{i}.positions", x)
        for a, m, view in halves(c, i):
            qkv = seen(f"{a}.qkv", norm(a, x) @ p[f"{a}.w_qkv"] + p.get(f"{a}.b_qkv", 0))
            heads = [
                np.stack(np.split(part, c.heads, axis=2), 1) for part in np.split(qkv, 3, axis=2)
            ]
            q, k, v = (
                seen(f"{a}.{letter}", part) for letter, part in zip("qkv", heads, strict=True)
            )
            keys = k[:, :, None] + relative(a)  # (B, H, query, key, K)
            scores = (q[:, :, :, None] * keys).sum(axis=-1) / np.sqrt(q.shape[-1])
            scores = seen(f"{a}.scores", scores)
            scores = np.where(in_view(c, *view), scores, -np.inf)
            least = np.sort(scores, axis=-1)[..., -(c.top_k or 0), None]
            probs = np.exp(scores) * (scores >= least)
            probs = seen(f"{a}.probs", probs / probs.sum(axis=-1, keepdims=True))
            probs = kept(a, "inside", c.attention_dropout, probs, "probs_kept")
            mixed = seen(f"{a}.mixed", probs @ v)
            merged = seen(f"{a}.merged", np.concatenate(list(mixed.swapaxes(0, 1)), axis=2))
            if c.out_projection:
                merged = merged @ p[f"{a}.w_out"] + p[f"{a}.b_out"]
            out = seen(f"{a}.out", merged)
            x = seen(f"{a}.y", x + dropped(a, i, out))
            z = seen(f"{m}.z", norm(m, x) @ p[f"{m}.w1"] + p[f"{m}.b1"])
            h = kept(m, "inside", c.dropout, seen(f"{m}.h", gelu(z, c.gelu)), "h_kept")
            out = seen(f"{m}.out", h @ p[f"{m}.w2"] + p[f"{m}.b2"])
            x = seen(f"{m}.y", x + dropped(m, i, out))
    x = x if c.norm_after_pool else norm("norm", x)
    place = "pool" if c.pool == "sequence" or c.norm_after_pool or c.pre_logits else "head"
    if c.pool == "sequence":
        e = np.exp(seen("pool.scores", (x * p["pool.w"][:, 0]).sum(axis=2) + p["pool.b"]))
        probs = seen("pool.probs", e / e.sum(axis=1, keepdims=True))
        x = np.einsum("bt,btd->bd", probs, x)
    elif c.pool == "flatten":
        x = np.concatenate(list(x.swapaxes(0, 1)), axis=1)
    else:
        x = x[:, 0] if c.pool == "cls" else x[:, int("embed.cls" in p) :].mean(axis=1)
    x = seen(f"{place}.pooled", x)
    x = norm("norm", x) if c.norm_after_pool else x
    if c.pre_logits:
        z = seen("pre_logits.z", x @ p["pre_logits.w"] + p["pre_logits.b"])
        x = seen("pre_logits.y", np.tanh(z))
    return seen("head.logits", x @ p["head.w"] + p["head.b"])


def halves(c, i):
    """The names of an attention and an MLP, and how many rows and columns a patch sees."""
    if c.axial:
        for axis, view in (("row", (0, c.tokens)), ("column", (c.tokens, 0))):
            yield f"blocks.{i}.{axis}_attention", f"blocks.{i}.{axis}_mlp", view
    else:
        reach = c.tokens if c.window is None else (c.window - 1) / 2
        yield f"blocks.{i}.attention", f"blocks.{i}.mlp", (reach, reach)


def in_view(c, down, across):
    """Whether query i may see key j, token by token."""
    patches = [(row, column) for row in range(c.grid[0]) for column in range(c.grid[1])]
    tokens = [None, *patches] if c.has_cls else patches

    def sees(i, j):
        return None in (i, j) or (abs(i[0] - j[0]) <= down and abs(i[1] - j[1]) <= across)

    return np.array([[sees(i, j) for j in tokens] for i in tokens])


def gelu(z, form):
    if form == "tanh":
        return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    return 0.5 * z * np.vectorize(math.erfc)(-z / np.sqrt(2))


def test_rerun_is_the_model():
    """The paper's equations above, without a nudge, give the model's logits."""
    for changes in CHANGES:
        model = build(**changes)
        logits, _ = model.forward(IMAGES, seed=SEED)
        assert np.abs(rerun(model, None, 0) - logits).max() < 1e-12


def test_leaves_the_model_alone():
    model = build()
    before = model.parameters.flat.copy()
    model.trace(IMAGES).backward(DLOGITS)
    assert np.array_equal(model.parameters.flat, before)
    assert not model.gradients.flat.any()
    assert set(model.trace(IMAGES).gradients) == set()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_dtype_throughout(dtype):
    model = ViT(build().config, seed=1, dtype=dtype)
    trace = model.trace(IMAGES)
    trace.backward(DLOGITS)
    for arrays in (trace.values, trace.gradients):
        assert {array.dtype for array in arrays.values()} == {np.dtype(dtype)}


def test_attention_rows_are_probabilities():
    probs = build().trace(IMAGES).values["blocks.1.attention.probs"]
    assert np.abs(probs.sum(axis=-1) - 1).max() < 1e-14


def test_stochastic_depth_drops_some_and_keeps_some():
    """So that the tests above, with this seed, see both."""
    model = build(stochastic_depth=0.5)
    values = model.trace(IMAGES, seed=SEED).values
    for place in ("blocks.1.attention", "blocks.1.mlp"):
        kept = values[f"{place}.scaled"].any(axis=(1, 2))
        assert kept.any(), place
        assert not kept.all(), place
    assert not any(name.endswith(".scaled") for name in model.trace(IMAGES).values)


def test_dropout_shows_what_it_leaves_where_the_paper_has_it():
    """After the positions, after attention, after both layers of the MLP; and in attention."""
    model = build(dropout=0.5, attention_dropout=0.5)
    values = model.trace(IMAGES, seed=SEED).values
    branches = [("attention", "probs"), ("attention", "out"), ("mlp", "h"), ("mlp", "out")]
    pairs = [(f"blocks.{i}.{branch}.{name}", f"blocks.{i}.{branch}.{name}_kept")
             for i in range(2) for branch, name in branches]  # fmt: skip
    masks = []
    for before, after in [("embed.x", "dropout.y"), *pairs]:
        masks.append(values[after] != 0)
        assert np.array_equal(values[after], 2 * values[before] * masks[-1])
        assert 0.2 < masks[-1].mean() < 0.8
    assert {name for name in values if name.endswith(("_kept", "dropout.y"))} == {
        "dropout.y", *(after for _, after in pairs)
    }  # fmt: skip
    alike = [m for m in masks if m.shape == (3, 5, 8)]
    assert len({m.tobytes() for m in alike}) == len(alike) == 5  # every place draws its own
    assert not any("kept" in name or "dropout" in name for name in model.trace(IMAGES).values)


def test_what_is_kept_cannot_be_written():
    trace = build().trace(IMAGES)
    trace.backward(DLOGITS)
    for arrays in (trace.values, trace.gradients):
        for name, array in arrays.items():
            if name not in trace.parameters:
                assert not array.flags.writeable, name
    assert IMAGES.flags.writeable
    assert DLOGITS.flags.writeable


def test_a_second_backward_takes_the_place_of_the_first():
    trace = build().trace(IMAGES)
    trace.backward(DLOGITS)
    once = dict(trace.gradients)
    trace.backward(2 * DLOGITS)
    for name, gradient in trace.gradients.items():
        assert np.abs(gradient - 2 * once[name]).max() < 1e-12, name
