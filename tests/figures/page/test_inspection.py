"""What the page reads off attention and gradients is what minivit.inspection does."""

import numpy as np
import pytest
from javascript import KINDS as OTHER_KINDS
from javascript import as_told, plain, v8
from looked_at import build, images_for

from minivit import inspection
from minivit.figures.page.sources import mathematics

KINDS = {
    "cls": {},
    "mean": {"pool": "mean", "depth": 3},
    "sequence with cls": {"pool": "sequence", "cls_token": True},
    "flatten": {"pool": "flatten"},
    "overlap": {"patch": (2, 3), "stride": (1, 3), "channels": 3},
}
TARGET, START = 2, 1
READ = """(model, image, target, start, x0) => {
  const whole = given(model), x = image_of(image), fill = image_of(x0);
  const t = new Trace(whole, x);
  t.backward(dlogits_of(t.logits, { kind: "logit", label: target }));
  const attention = attention_of(t);
  const gradients = attention.map((_, l) => heads_of(t.gradients[`blocks.${l}.attention.probs`]));
  const array = (numbers) => [...numbers];
  const of_heads = (f) => attention.map((heads) => heads.map((A) => f(A, t.model.config)));
  const found = integrated_gradients(whole, x, target, fill, 64);
  return {
    entropy: of_heads(attention_entropy), distance: of_heads(attention_distance),
    entropy_of: of_heads((A) => A.map(entropy_of)), looked: of_heads(distances_looked),
    cls_share: of_heads(cls_share), rollout: array(to_patches(rollout(attention, start), t)),
    weighted: array(to_patches(gradient_weighted(attention, gradients, start), t)),
    saliency: array(saliency(whole, x, target).data), integrated: array(found.data),
    occlusion: array(occlusion(whole, x, target, fill)),
    over_patches: array(over_patches(whole.config, found)),
    usual: array(baseline(x, { bright: false, low: [0], high: [1] }).data),
  };
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_those_of_inspection(kind):
    model = build(**KINDS[kind])
    images, c = images_for(model, 1), model.config
    x0 = np.broadcast_to(0.25, images[0].shape)
    with v8(mathematics()) as run:
        found = run(READ, as_told(model), plain(images[0]), TARGET, START, plain(x0))
    measures = inspection.head_measures(model, images)
    probs = np.stack([model.trace(images).values[f"blocks.{i}.attention.probs"][0]
                      for i in range(c.depth)])  # fmt: skip
    places = np.stack(np.indices(c.grid), axis=-1).reshape(-1, 2) * (c.stride or c.patch)
    far = np.linalg.norm(places[:, None] - places, axis=-1)
    first = int(c.has_cls)
    targets = np.array([TARGET])
    pixels = inspection.integrated_gradients(model, images, targets, x0)
    expected = {
        "entropy": measures.entropy,
        "distance": measures.distance,
        "entropy_of": -(probs * np.log2(probs)).sum(axis=-1),
        "looked": (probs[:, :, first:, first:] * far).sum(axis=-1),
        "cls_share": measures.cls_share,
        "rollout": inspection.rollout_map(model, images, start_block=START),
        "weighted": inspection.gradient_weighted_map(model, images, targets, start_block=START),
        "saliency": inspection.saliency(model, images, targets),
        "integrated": pixels,
        "occlusion": inspection.occlusion(model, images, targets, x0),
        "over_patches": inspection.over_patches(pixels.sum(axis=-1), c),
        "usual": np.broadcast_to(inspection.baseline(model, images, "mean"), images.shape),
    }
    for name, array in expected.items():
        here = np.reshape(found[name], array.shape)
        assert np.abs(here - array).max() < 1e-11 * max(1, np.abs(array).max()), name


LENS = """(model, image) => {
  const t = new Trace(given(model), image_of(image));
  return [lens_names(t), [...logit_lens(t).data], [...t.logits.data]];
}"""


@pytest.mark.parametrize(
    "kind", [*KINDS, "every layer", "flatten with cls", "norm after pool", "no blocks"]
)
def test_the_logit_lens_is_that_of_inspection(kind):
    model = build(**KINDS.get(kind, OTHER_KINDS.get(kind, {})))
    image = images_for(model, 1)
    with v8(mathematics()) as run:
        names, numbers, logits = run(LENS, as_told(model), plain(image[0]))
    expected = inspection.logit_lens(model, image)[0]
    assert names == inspection.lens_places(model.config)
    assert np.abs(np.reshape(numbers, expected.shape) - expected).max() < 1e-12
    assert np.abs(np.subtract(numbers[-len(logits) :], logits)).max() < 1e-12


def test_correlation_and_deletion():
    model = build()
    image = plain(images_for(model, 1)[0])
    code = """(model, image) => {
      const whole = given(model), x = image_of(image), fill = mapped(x, () => 0);
      const order = Float64Array.from(range(6), (n) => -n);
      const curve = deletion_curve(whole, x, 1, fill, order);
      const ends = [x, fill].map((one) =>
        softmax_forward(new Trace(whole, one).logits)[0].data[1]);
      return [correlation([1, 2, 4], [3, 5, 9]), correlation([1, 2], [2, 1]),
        correlation([1, 1], [1, 2]), curve, ends];
    }"""
    with v8(mathematics()) as run:
        same, opposite, flat, curve, ends = run(code, as_told(model), image)
    assert same == pytest.approx(1) and opposite == pytest.approx(-1) and flat is None
    assert len(curve) == 7 and [curve[0], curve[-1]] == ends
