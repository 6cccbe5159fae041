"""Models of other people's checkpoints are looked into as ours are."""

import numpy as np
import pytest
from looked_at import build, images_for
from stored_models import CASES, STORED, loaded, stored

import minivit
from minivit import inspection
from minivit.checkpoints import export

LOOKS = {
    "attention": lambda m, x: inspection.attention_maps(m, x),
    "rollout": lambda m, x: inspection.rollout_map(m, x, fuse="max", discard=0.2),
    "gradient-weighted": lambda m, x: inspection.gradient_weighted_map(m, x, [2, 0]),
    "distance": lambda m, x: inspection.head_measures(m, x).distance,
    "positions": lambda m, x: inspection.position_similarity(m),
    "filters": lambda m, x: inspection.embedding_filters(m).components,
    "saliency": lambda m, x: inspection.saliency(m, x, [1, 2]),
    "integrated": lambda m, x: inspection.integrated_gradients(m, x, [1, 2], nodes=4),
    "occlusion": lambda m, x: inspection.occlusion(m, x, [0, 2]),
    "lens": lambda m, x: inspection.logit_lens(m, x),
}

OUT_PROJECTION = ("out/kernel", "attn.proj.weight", "attention.output.dense.weight")  # their names


@pytest.mark.parametrize(
    ("layout", "changes"),
    [
        ("google", {"gelu": "tanh", "pre_logits": 5, "image": (4, 4)}),
        ("timm", {"pool": "mean", "cls_token": True, "norm_after_pool": True}),
        ("hf", {"image": (6, 4), "eps": 1e-12}),
    ],
)
def test_what_is_seen_is_what_is_seen_in_the_same_model_of_ours(layout, changes, tmp_path):
    ours = build(channels=3, **changes)
    export(ours, layout, tmp_path / "there")
    theirs = minivit.load(tmp_path / "there")
    ours.preprocessing = theirs.preprocessing
    images = images_for(ours, 2)
    for name, look in LOOKS.items():
        np.testing.assert_array_equal(look(theirs, images), look(ours, images), err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_what_is_seen_in_a_library_s_own_weights_is_what_it_computed(case, tmp_path):
    """Its logits, and its gradients: of a linear map of x, <w, dw> = <x, dx>. So what the library
    has of the patches' kernel is told by saliency, and that of w_out by attention: <A, dA> of
    mixed = A v is <mixed, dmixed>.
    """
    model = loaded(case, tmp_path, np.float64)
    images, dlogits = STORED["images"], STORED["dlogits"]
    weights, gradients = stored(case, "weights"), stored(case, "gradients")
    assert_near(inspection.logit_lens(model, images)[:, -1], STORED[f"{case}:logits"])
    (kernel,) = [name for name, array in weights.items() if array.ndim == 4]
    dx = 0
    for label in range(model.config.classes):
        slopes = inspection.saliency(model, images, np.full(len(images), label))
        dx = dx + dlogits[:, label, None, None, None] * slopes
    assert_near((images * dx).sum(), (weights[kernel] * gradients[kernel]).sum())
    trace = model.trace(images)
    trace.backward(dlogits)
    behind = sorted(name for name in weights if name.endswith(OUT_PROJECTION))
    assert len(behind) == model.config.depth
    for block, name in enumerate(behind):
        place = f"blocks.{block}.attention.probs"
        A = inspection.attention_maps(model, images)[:, block]
        assert_near((A * trace.gradients[place]).sum(), (weights[name] * gradients[name]).sum())
    for name, look in LOOKS.items():
        assert np.isfinite(look(model, images)).all(), name


def assert_near(found, expected):
    assert np.abs(found - expected).max() <= 1e-10 * np.abs(expected).max()


def test_what_fits_into_no_memory_is_refused(monkeypatch):
    model = build(image=(32, 32))  # 257 tokens: two megabytes of attention in an image
    monkeypatch.setattr("minivit.models.memory.LOOKED_AT", 0)
    monkeypatch.setattr("minivit.models.memory.free_memory", lambda: 1 << 20)
    for look in ("attention", "gradient-weighted", "distance", "saliency"):
        with pytest.raises(minivit.InputError, match="memory"):
            LOOKS[look](model, images_for(model, 2))
