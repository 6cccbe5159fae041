import math

import numpy as np
import pytest

import minivit.ops
from minivit import ViT, ViTConfig, trace_names

rng = np.random.default_rng(0)
IMAGES, DLOGITS = rng.uniform(-1, 1, (3, 4, 6, 2)), rng.standard_normal((3, 3))

CHANGES = [
    {},
    {"pool": "mean"},
    {"positions": "none"},
    {"positions": "none", "pool": "mean"},
    {"qkv_bias": False, "gelu": "tanh"},
    {"depth": 0},
]


def build(**changes):
    config = {"image": (4, 6), "channels": 2, "patch": (2, 3), "width": 8, "depth": 2, "heads": 2}
    config |= {"mlp": 12, "classes": 3} | changes
    model = ViT(ViTConfig(**config), seed=1, dtype=np.float64, zero_head=False)
    if "embed.cls" in model.parameters:  # at 0 a LayerNorm would stand where it bends most sharply
        model.parameters["embed.cls"] = np.random.default_rng(2).standard_normal(8)
    return model


@pytest.mark.parametrize("changes", CHANGES)
def test_holds_every_name_in_its_shape(changes):
    model = build(**changes)
    trace = model.trace(IMAGES)
    trace.backward(DLOGITS)
    names = trace_names(model.config)
    assert set(trace.values) == set(names)
    for name, shape in names.items():
        assert trace.values[name].shape == (3, *shape), name
        assert trace.gradients[name].shape == (3, *shape), name
    assert set(trace.gradients) == set(names) | set(model.parameters)


@pytest.mark.usefixtures("ops")  # the trace is NumPy's; the model runs on both backends
@pytest.mark.parametrize("changes", CHANGES)
def test_equals_forward_and_backward(changes):
    model = build(**changes)
    logits, cache = model.forward(IMAGES)
    dimages = model.backward(DLOGITS, cache, want_dimages=True)
    trace = model.trace(IMAGES)
    trace.backward(DLOGITS)
    assert np.abs(trace.logits - logits).max() < 1e-13
    assert np.abs(trace.gradients["images"] - dimages).max() < 1e-13
    for name, gradient in model.gradients.items():
        assert np.abs(trace.gradients[name] - gradient).max() < 1e-13, name


def test_values_are_those_of_the_caches(ops):
    model = build()
    _, cache = model.forward(IMAGES)
    values = model.trace(IMAGES).values
    for i in range(model.config.depth):
        name = f"blocks.{i}."
        norm1, attention, norm2, mlp = (
            cache.of[name + op] for op in ("norm1", "attention", "norm2", "mlp")
        )
        cached = {
            "norm1.x_hat": norm1.x_hat,
            "attention.q": attention.attention.q,
            "attention.k": attention.attention.k,
            "attention.v": attention.attention.v,
            "attention.probs": attention.probs,
            "norm2.x_hat": norm2.x_hat,
        }
        if ops is minivit.ops:  # the kernels keep z, and make h anew
            cached |= {"mlp.z": mlp.gelu.x, "mlp.h": mlp.out.x}
        for value, array in cached.items():
            assert np.abs(values[name + value] - array).max() < 1e-13, name + value


@pytest.mark.parametrize("changes", CHANGES[:5])
def test_every_gradient_is_that_of_its_value(changes):
    """Nudge one intermediate by its name, let everything after it follow, compare the loss."""
    model = build(**changes)
    trace = model.trace(IMAGES)
    trace.backward(DLOGITS)
    generator = np.random.default_rng(5)
    for name in trace_names(model.config):
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
        return seen(f"{place}.out", x_hat * p[f"{place}.gamma"] + p[f"{place}.beta"])

    images = seen("images", IMAGES)
    B, (rows, columns), (P, Q) = len(images), c.grid, c.patch
    patches = images.reshape(B, rows, P, columns, Q, c.channels).swapaxes(2, 3)
    patches = seen("patches", patches.reshape(B, rows * columns, -1))
    x = seen("embed.projected", patches @ p["embed.w"] + p["embed.b"])
    if c.pool == "cls":
        x = np.concatenate([np.tile(p["embed.cls"], (B, 1, 1)), x], axis=1)
    x = seen("embed.tokens", x)
    x = seen("embed.out", x + p["embed.positions"] if c.positions == "learned" else x)
    for i in range(c.depth):
        a = f"blocks.{i}.attention"
        h = norm(f"blocks.{i}.norm1", x)
        qkv = seen(f"{a}.qkv", h @ p[f"{a}.w_qkv"] + p.get(f"{a}.b_qkv", 0))
        heads = [np.stack(np.split(part, c.heads, axis=2), 1) for part in np.split(qkv, 3, axis=2)]
        q, k, v = (seen(f"{a}.{letter}", part) for letter, part in zip("qkv", heads, strict=True))
        scores = seen(f"{a}.scores", q @ k.swapaxes(2, 3) / np.sqrt(c.width // c.heads))
        probs = np.exp(scores)
        probs = seen(f"{a}.probs", probs / probs.sum(axis=-1, keepdims=True))
        mixed = seen(f"{a}.mixed", probs @ v)
        merged = seen(f"{a}.merged", np.concatenate(list(mixed.swapaxes(0, 1)), axis=2))
        out = seen(f"{a}.out", merged @ p[f"{a}.w_out"] + p[f"{a}.b_out"])
        x = seen(f"blocks.{i}.after_attention", x + out)
        m = f"blocks.{i}.mlp"
        z = seen(f"{m}.z", norm(f"blocks.{i}.norm2", x) @ p[f"{m}.w1"] + p[f"{m}.b1"])
        h = seen(f"{m}.h", gelu(z, c.gelu))
        out = seen(f"{m}.out", h @ p[f"{m}.w2"] + p[f"{m}.b2"])
        x = seen(f"blocks.{i}.after_mlp", x + out)
    x = norm("norm", x)
    pooled = seen("head.pooled", x[:, 0] if c.pool == "cls" else x.mean(axis=1))
    return seen("logits", pooled @ p["head.w"] + p["head.b"])


def gelu(z, form):
    if form == "tanh":
        return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    return 0.5 * z * np.vectorize(math.erfc)(-z / np.sqrt(2))


def test_rerun_is_the_model():
    """The paper's equations above, without a nudge, give the model's logits."""
    for changes in CHANGES:
        model = build(**changes)
        assert np.abs(rerun(model, None, 0) - model.logits(IMAGES)).max() < 1e-12


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
