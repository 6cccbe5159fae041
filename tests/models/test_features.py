"""The tokens at every depth of a model."""

import tracemalloc

import numpy as np
import pytest

from minivit import InputError, ViT, ViTConfig, variant

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 4, 6, 2))


def build(**changes):
    config = {"image": (4, 6), "channels": 2, "patch": (2, 3), "width": 8, "depth": 2, "heads": 2}
    config = ViTConfig(**config | {"mlp": 12, "classes": 3} | changes)
    return ViT(config, seed=1, dtype=np.float64, zero_head=False, position_std=0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"depth": 0},
        {"pool": "mean", "positions": "none"},
        {"positions": "learned-2d", "positions_at": "every-layer"},
        {"patch_norm": True, "stride": (1, 2), "patch": (2, 2)},
        {"heads": 1, "out_projection": False},
    ],
)
def test_they_are_the_tokens_that_the_head_ends_with(ops, changes):
    model = build(**changes)
    features, c, p = model.features(IMAGES), model.config, model.parameters
    assert [x.shape for x in features] == (c.depth + 1) * [(3, c.tokens, 8)]
    normed, _ = ops.layernorm_forward(features[-1], *p.of("norm"), eps=c.eps)
    logits, _ = ops.head_forward(normed, *p.of("head"), pool=c.pool)
    assert np.abs(logits - model.logits(IMAGES)).max() < 1e-13


def test_they_are_those_of_a_trace():
    model = build(stochastic_depth=0.5)
    features, values = model.features(IMAGES), model.trace(IMAGES).values
    for x, name in zip(features, ["embed.x", "blocks.0.mlp.y", "blocks.1.mlp.y"], strict=True):
        assert np.abs(x - values[name]).max() < 1e-13


def test_they_have_the_models_dtype_and_are_checked():
    model = ViT("digits")
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1))
    assert {x.dtype for x in model.features(images)} == {np.dtype(np.float32)}
    assert [len(x) for x in model.features(images[:0])] == [0, 0, 0, 0]
    with pytest.raises(InputError, match=r"this model takes \(B, 8, 8, 1\)"):
        model.features(images[:, 1:])


def most_of(run) -> tuple[int, int, list]:
    """Bytes at the end and at most, and what the run returned."""
    tracemalloc.start()
    found = run()
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return now, most, found


def test_nothing_else_is_kept():
    model = ViT(variant("digits", depth=12))
    images = np.zeros((64, 8, 8, 1), np.float32)
    model.features(images)
    _, temporaries, _ = most_of(lambda: model.logits(images))
    now, most, features = most_of(lambda: model.features(images))
    results = sum(x.nbytes for x in features)
    assert now < 1.1 * results
    assert most < 1.1 * (results + temporaries)
