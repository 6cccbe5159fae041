import copy
import math
import pickle
import weakref
from dataclasses import MISSING

import numpy as np
import pytest

from minivit import InputError, ViT, ViTConfig, backend, check_model, variant
from minivit.checkpoints import fill
from minivit.fields import described_fields
from minivit.ops import patchify_backward, patchify_forward
from minivit.optim import Adam

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends

TINY = ViTConfig((4, 6), 2, (2, 3), 8, 2, 2, 12, 3)
rng = np.random.default_rng(0)
IMAGES, LABELS = rng.uniform(-1, 1, (3, 4, 6, 2)), np.array([0, 2, 1])


def tiny(dtype=np.float64, *, zero_head=False, **changes):
    config = ViTConfig.from_dict(TINY.to_dict() | changes)
    return ViT(config, seed=1, dtype=dtype, zero_head=zero_head)


def loss_and_gradients(model, images, labels):
    ops = backend.current()
    logits, cache = model.forward(images)
    loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
    model.zero_gradients()
    model.backward(ops.cross_entropy_backward(logits.dtype.type(1), loss_cache), cache)
    return loss, model.gradients


ROOT = {"root": 2, "root_side": 3, "groups": 2, "patch": (1, 3), "depth": 0}
BATCH = {"image": (6, 8), "root": 2, "root_side": 3, "root_stride": 1, "norm": "batch",
         "patch": (1, 2), "depth": 0}  # fmt: skip
OPTIONS = [
    {},
    {"pool": "mean"},
    {"qkv_bias": False},
    {"gelu": "tanh"},
    {"positions": "none"},
    {"pool": "mean", "positions": "none", "gelu": "tanh", "qkv_bias": False},
    {"depth": 0},
    {"depth": 3, "heads": 1},
    {"heads": 8, "eps": 1e-5},
    {"positions": "learned-2d"},
    {"positions": "learned-2d", "positions_at": "every-layer"},
    {"positions": "learned-2d", "positions_at": "every-layer-shared", "pool": "mean"},
    {"positions_at": "every-layer"},
    {"positions_at": "every-layer-shared"},
    {"positions": "sincos"},
    {"positions": "sincos-2d", "pool": "mean"},
    {"positions": "sincos-2d-mae", "positions_at": "every-layer"},
    {"positions": "relative"},
    {"positions": "relative", "pool": "mean", "positions_at": "every-layer", "top_k": 2},
    {"positions": "relative", "positions_at": "every-layer-shared"},
    {"top_k": 2},
    {"patch": (1, 2), "window": 3},
    {"axial": True},
    {"patch": 2, "axial": True, "pool": "mean", "positions": "relative", "qkv_bias": False},
    {"axial": True, "top_k": 2, "positions_at": "every-layer", "stochastic_depth": 0.5},
    {"window": 1, "pool": "mean", "gelu": "tanh"},
    {"patch": 2, "window": 3, "top_k": 3, "positions": "relative", "pool": "mean"},
    {"stochastic_depth": 0.5},
    {"pool": "mean", "cls_token": True},
    {"pool": "mean", "norm_after_pool": True},
    {"pool": "sequence"},
    {"pool": "sequence", "cls_token": True, "norm_after_pool": True, "pre_logits": 5},
    {"pool": "flatten"},
    {"pool": "flatten", "cls_token": True, "norm_after_pool": True},
    {"pre_logits": 5},
    {"dropout": 0.3},
    {"dropout": 0.3, "depth": 0, "positions": "learned-2d"},
    {"attention_dropout": 0.4},
    {"dropout": 0.2, "attention_dropout": 0.2, "stochastic_depth": 0.5, "top_k": 3},
    {"patch_norm": True},
    {"patch_norm": True, "pool": "mean", "positions": "none"},
    {"stride": (1, 2), "patch": (2, 2)},
    {"head_width": 3},
    {"heads": 3, "head_width": 5, "qkv_bias": False},
    {"heads": 1, "out_projection": False},
    {"heads": 1, "out_projection": False, "stochastic_depth": 0.5},
    {**ROOT, "root_stride": 1, "groups": 1},
    {**ROOT, "stages": (2, 1), "root_pool": False, "root_stride": 1, "depth": 1},
    {**ROOT, "image": (10, 10), "stages": (1,), "root_stride": 2, "patch": 1, "patch_norm": True},
    {**BATCH, "stages": (2, 1), "root_pool": False},
    {**BATCH, "stages": (1, 1), "unit": "plain", "root_pool": False, "patch": 1},
    {**ROOT, "image": (8, 12), "unit": "plain", "stages": (2,), "root_stride": 1},
    {"objective": "masked-patches", "depth": 1, "mlp": 4},
    {"objective": "masked-patches", "depth": 1, "mlp": 4, "patch_norm": True, "masked": 0.9},
    {"objective": "masked-patches", "depth": 1, "mlp": 4, "positions": "relative", "window": 1},
    {"objective": "masked-patches", "depth": 1, "mlp": 4, "positions": "learned-2d",
     "positions_at": "every-layer", "dropout": 0.2},
    {"objective": "mae", "depth": 1, "mlp": 4},
    {"objective": "mae", "depth": 1, "mlp": 4, "decoder_width": 4, "decoder_depth": 2,
     "masked": 0.5, "dropout": 0.3},
    {"objective": "mae", "depth": 1, "mlp": 4, "positions": "sincos-2d", "pool": "mean",
     "normalised_pixels": True},
    {"objective": "mae", "decoder_depth": 0, "depth": 0, "patch_norm": True},
]  # fmt: skip


@pytest.mark.parametrize("changes", OPTIONS)
def test_every_parameter_agrees_with_finite_differences(changes):
    model = tiny(**changes)
    images = np.random.default_rng(0).uniform(-1, 1, (3, *model.config.image, 2))
    report = check_model(model, images, LABELS, whole=10_000)  # every element of every tensor
    assert report.ok, f"\n{report}"
    assert [row.tensor for row in report.rows] == [*model.parameters, "images"]


def test_every_option_is_among_them():
    given = {f.name for f in described_fields(ViTConfig) if f.help and f.default is not MISSING}
    assert given <= set().union(*OPTIONS)


def test_the_gradient_on_the_images_only_when_wanted():
    model = tiny()
    logits, cache = model.forward(IMAGES)
    assert model.backward(np.ones_like(logits), cache) is None
    without = model.gradients.flat.copy()
    model.zero_gradients()
    dimages = model.backward(np.ones_like(logits), cache, want_dimages=True)
    assert dimages.shape == IMAGES.shape
    assert dimages.any()
    assert np.array_equal(model.gradients.flat, without)


def test_backward_adds_into_the_gradients(ops):
    model = tiny()
    _, gradients = loss_and_gradients(model, IMAGES, LABELS)
    once = gradients.flat.copy()
    logits, cache = model.forward(IMAGES)
    _, loss_cache = ops.cross_entropy_forward(logits, labels=LABELS)
    model.backward(ops.cross_entropy_backward(np.float64(1), loss_cache), cache)
    assert np.abs(model.gradients.flat - 2 * once).max() < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("changes", [{}, {"positions": "relative"}, {"pool": "mean"}])
def test_backward_may_replace_the_gradients(ops, changes, dtype):
    """The same bits as after `zero_gradients`; and the next one adds again."""
    model = tiny(dtype, **changes)
    logits, cache = model.forward(IMAGES.astype(dtype))
    model.backward(np.ones_like(logits), cache)
    once = model.gradients.flat.copy()
    model.gradients.flat[:] = np.nan
    model.backward(np.ones_like(logits), cache, replace=True)
    assert np.array_equal(model.gradients.flat, once)
    model.backward(np.ones_like(logits), cache)
    assert np.array_equal(model.gradients.flat, 2 * once)


def test_a_backward_may_let_go_of_its_cache(ops):
    model = tiny()
    dlogits = np.ones((3, 3))
    _, cache = model.forward(IMAGES)
    model.backward(dlogits, cache)  # unasked, it lets go of nothing
    once = model.gradients.flat.copy()
    model.zero_gradients()
    model.backward(dlogits, cache, free_cache=True)
    assert np.array_equal(model.gradients.flat, once)
    assert cache.of == {}
    with pytest.raises(InputError, match="this cache is used up"):
        model.backward(dlogits, cache)


def test_what_is_let_go_of_is_free_at_once(ops, monkeypatch):
    """When a block's attention goes backward, nothing is left of what its MLP kept."""
    model = tiny()
    _, cache = model.forward(IMAGES)
    hidden = 3 * model.config.tokens * model.config.mlp
    held = {
        i: [weakref.ref(a) for a in arrays_in(cache.of[f"blocks.{i}.mlp"]) if a.size == hidden]
        for i in range(model.config.depth)
    }
    alive, backward = [], ops.attention_branch_backward

    def watched(*arguments, **options):
        i = model.config.depth - 1 - len(alive)
        alive.append(sum(array() is not None for array in held[i]))
        return backward(*arguments, **options)

    monkeypatch.setattr(ops, "attention_branch_backward", watched)
    model.backward(np.ones((3, 3)), cache, free_cache=True)
    assert all(held.values())  # z, at least
    assert alive == [0, 0]


def test_gradients_for_another_batch_cost_no_cache():
    model = tiny()
    _, cache = model.forward(IMAGES)
    with pytest.raises(InputError, match=r"dlogits have shape \(2, 3\): expected \(3, 3\)"):
        model.backward(np.ones((2, 3)), cache, free_cache=True)
    model.backward(np.ones((3, 3)), cache, free_cache=True)


@pytest.mark.parametrize("option", ["stochastic_depth", "dropout", "attention_dropout"])
def test_a_batch_in_parts_is_left_to_the_same_chance(option):
    model = tiny(depth=3, **{option: 0.6})
    images = np.concatenate([IMAGES, -IMAGES, 0.5 * IMAGES])
    whole, _ = model.forward(images, seed=5)
    parts = [model.forward(images[i : i + 4], seed=5, first_image=i)[0] for i in range(0, 9, 4)]
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-13
    assert np.abs(model.logits(images) - whole).max() > 1e-3  # something was left out
    assert np.abs(model.forward(images, seed=6)[0] - whole).max() > 1e-3  # another step, others
    traced = model.trace(images[4:8], seed=5, first_image=4).logits
    assert np.abs(traced - whole[4:8]).max() < 1e-13


def test_a_batch_is_the_mean_of_its_images():
    model = tiny()
    loss, gradients = loss_and_gradients(model, IMAGES, LABELS)
    whole = gradients.flat.copy()
    losses, parts = [], []
    for i in range(3):
        one, gradients = loss_and_gradients(model, IMAGES[i : i + 1], LABELS[i : i + 1])
        losses.append(one)
        parts.append(gradients.flat.copy())
    assert math.isclose(loss, np.mean(losses))
    assert np.abs(np.mean(parts, axis=0) - whole).max() < 1e-12


def test_permuting_patches_without_positions_permutes_tokens():
    model = tiny(positions="none")
    patches, cache = patchify_forward(IMAGES, patch=(2, 3))
    order = np.array([2, 0, 3, 1])
    permuted = patchify_backward(patches[:, order], cache)
    before, after = model.trace(IMAGES), model.trace(permuted)
    for name in ("embed.x", "blocks.1.mlp.y", "norm.normed"):
        one, other = before.values[name], after.values[name]
        assert np.abs(other[:, 1:] - one[:, 1:][:, order]).max() < 1e-12
        assert np.abs(other[:, 0] - one[:, 0]).max() < 1e-12  # the cls token sees a set
    assert np.abs(model.logits(permuted) - model.logits(IMAGES)).max() < 1e-12


def test_with_positions_the_order_matters():
    model = tiny()
    model.parameters["embed.positions"][:] = np.random.default_rng(2).standard_normal((5, 8))
    patches, cache = patchify_forward(IMAGES, patch=(2, 3))
    permuted = patchify_backward(patches[:, [2, 0, 3, 1]], cache)
    assert np.abs(model.logits(permuted) - model.logits(IMAGES)).max() > 1e-3


def test_a_zero_head_gives_ln_c_and_no_gradient_elsewhere():
    model = tiny(zero_head=True)
    loss, gradients = loss_and_gradients(model, IMAGES, LABELS)
    assert math.isclose(loss, math.log(3), rel_tol=1e-15)
    assert {name for name, g in gradients.items() if g.any()} == {"head.w", "head.b"}


@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_overfits_sixteen_images(pool):
    """Even noise with random labels, in a few hundred steps."""
    config = variant("digits", depth=2, width=32, heads=2, mlp=64, pool=pool)
    noise = np.random.default_rng(0)
    images, labels = noise.uniform(-1, 1, (16, 8, 8, 1)), noise.integers(10, size=16)
    model = ViT(config, seed=0)
    optimiser = Adam(model.parameters)
    for _ in range(300):
        loss, gradients = loss_and_gradients(model, images, labels)
        if loss < 0.01:
            break
        optimiser.step(gradients, 3e-3)
    assert loss < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_one_dtype_throughout(dtype, pool):
    model = tiny(dtype, pool=pool)
    logits, cache = model.forward(IMAGES)  # float64 images, converted at the edge
    assert logits.dtype == dtype
    assert {array.dtype for array in arrays_in(cache.of)} == {np.dtype(dtype)}
    dimages = model.backward(np.ones_like(logits), cache, want_dimages=True)
    assert dimages.dtype == dtype
    assert model.gradients.flat.dtype == dtype


def arrays_in(cache):
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, (tuple, dict)):
        for part in cache.values() if isinstance(cache, dict) else cache:
            yield from arrays_in(part)


def test_the_dtypes_agree():
    single, double = tiny(np.float32), tiny(np.float64)
    double.parameters.flat[:] = single.parameters.flat
    images = IMAGES.astype(np.float32)
    loss32, gradients32 = loss_and_gradients(single, images, LABELS)
    loss64, gradients64 = loss_and_gradients(double, images, LABELS)
    assert abs(loss32 - loss64) < 1e-5
    for name, gradient in gradients64.items():
        assert np.abs(gradients32[name] - gradient).max() < 1e-5 * np.abs(gradient).max() + 1e-6


def test_logits_is_forward_without_the_cache():
    model = tiny()
    assert np.array_equal(model.logits(IMAGES), model.forward(IMAGES)[0])


def test_whole_numbers_are_converted_at_the_edge():
    model, whole = tiny(), np.ones((2, 4, 6, 2), np.int64)
    assert np.array_equal(model.logits(whole), model.logits(whole.astype(float)))


def test_forward_leaves_images_and_parameters_alone():
    model, images = tiny(), IMAGES.copy()
    before = model.parameters.flat.copy()
    logits, cache = model.forward(images)
    model.backward(np.ones_like(logits), cache)
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(model.parameters.flat, before)


def test_an_empty_batch():
    model = tiny()
    logits, cache = model.forward(IMAGES[:0])
    assert logits.shape == (0, 3)
    model.backward(logits, cache)
    assert not model.gradients.flat.any()


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (IMAGES[0], r"images have shape \(4, 6, 2\): this model takes \(B, 4, 6, 2\)"),
        (IMAGES[..., :1], r"shape \(3, 4, 6, 1\)"),
        (IMAGES + 200, "they look unscaled"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), "they have NaN or infinity"),
        (np.where(IMAGES > 0.9, np.inf, IMAGES), "they have NaN or infinity"),
        (IMAGES.astype(complex), "images have dtype complex128: expected real numbers"),
        (np.full(IMAGES.shape, "x"), "expected real numbers"),
    ],
)
def test_refuses_images(images, sentence):
    with pytest.raises(InputError, match=sentence):
        tiny().forward(images)


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.complex128])
def test_refuses_other_dtypes(dtype):
    with pytest.raises(InputError, match="choose float32 or float64"):
        ViT(TINY, dtype=dtype)


def stepped(model):
    Adam(model.parameters).step(model.gradients, 1e-3)


CHANGES = {
    "a step": stepped,
    "an assignment": lambda model: model.parameters.__setitem__("head.b", 1),
    "an addition": lambda model: model.parameters.__setitem__("head.b", model.parameters["head.b"]),
    "a new beginning": lambda model: model.parameters.begin(5),
    "zeros": lambda model: model.parameters.zero(),
    "a load": lambda model: fill(model.parameters, dict(tiny().parameters), "a file"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_parameters_that_changed_before_the_backward_are_noticed(change):
    model = tiny()
    logits, cache = model.forward(IMAGES)
    trace = model.trace(IMAGES)
    model.backward(np.ones_like(logits), cache)  # gradients may change as they like
    model.zero_gradients()
    CHANGES[change](model)
    for backward in (lambda: model.backward(np.ones_like(logits), cache),
                     lambda: trace.backward(np.ones_like(logits))):  # fmt: skip
        with pytest.raises(InputError, match=r"have changed since this cache's forward .* run for"):
            backward()
    assert not model.gradients.flat.any()
    logits, cache = model.forward(IMAGES)  # the advice
    model.backward(np.ones_like(logits), cache)


def test_gradients_on_logits_of_any_kind():
    model = tiny(np.float32)
    _, cache = model.forward(IMAGES)
    dlogits, found = np.arange(9.0).reshape(3, 3), []
    for given in (dlogits, dlogits.tolist(), dlogits.astype(">f4"), np.asfortranarray(dlogits)):
        model.zero_gradients()
        model.backward(given, cache)
        found.append(model.gradients.flat.copy())
    assert all(np.array_equal(gradient, found[0]) for gradient in found)
    with pytest.raises(InputError, match="expected real numbers"):
        model.backward(dlogits.astype(complex), cache)


def test_a_variants_name_is_a_configuration():
    assert ViT("digits").config == variant("digits")
    assert np.array_equal(ViT("digits").parameters.flat, ViT(variant("digits")).parameters.flat)
    with pytest.raises(InputError, match="unknown variant 'digit'; the nearest is digits"):
        ViT("digit")
    with pytest.raises(InputError, match=r"a ViTConfig or a variant's name \(digits, .* is 3"):
        ViT(3)


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_refuses_a_seed(seed):
    with pytest.raises(InputError, match="expected a whole number from 0"):
        ViT("digits", seed)


def test_shown_in_a_line():
    assert repr(ViT(variant("digits", pool="mean"))) == (
        "ViT digits: images 8x8x1, patches 2x2, width 64, depth 3, heads 4, mlp 128, 10 classes, "
        "pool mean; 102,538 parameters, float32"
    )
    model = tiny()
    assert repr(model).startswith("ViT: images 4x6x2, patches 2x3, width 8")
    _, cache = model.forward(IMAGES)
    assert repr(cache) == "the cache of a forward of 3 images: 8 places"
    assert repr(model.trace(IMAGES)).startswith("a trace of ")


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_is_whole(copied):
    model = ViT(variant("digits", depth=1), seed=3, zero_head=False)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1))
    logits = model.logits(images)
    other = copied(model)
    assert np.array_equal(other.logits(images), logits)
    _, cache = other.forward(images)
    other.backward(np.ones_like(logits), cache)
    for arrays in (other.parameters, other.gradients):
        assert all(np.shares_memory(array, arrays.flat) for array in arrays.values())
    other.parameters.flat[...] += 1
    assert np.array_equal(model.logits(images), logits)
    assert other.gradients.flat.any() and not model.gradients.flat.any()
