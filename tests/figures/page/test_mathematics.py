"""The page's ops against the trace, every array by its name; and wrong ones, which are found."""

from base64 import b64decode
from dataclasses import MISSING

import numpy as np
import pytest
from javascript import KINDS, as_told, plain, v8
from looked_at import build, images_for
from wrong_javascript import WRONG

from minivit.fields import described_fields
from minivit.figures.page.fingerprints import fingerprints
from minivit.figures.page.shown import what_a_page_lacks
from minivit.figures.page.sources import OPS, mathematics, read
from minivit.models import ViTConfig
from minivit.models.backbone_options import Backbone
from minivit.models.objective import DEFAULTS
from minivit.models.trace import Trace
from minivit.ops import cross_entropy_backward, cross_entropy_forward

CLOSE = 1e-12  # of an array's largest number
LABEL = 1
REFUSED = {"top_k", "window", "axial", *DEFAULTS} | {f.name for f in described_fields(Backbone)}
RUN = """(model, image, label) => {
  const trace = new Trace(given(model), image_of(image));
  const [loss, cache] = cross_entropy_forward(trace.logits, { label });
  trace.backward(cross_entropy_backward(tensor([], Float64Array.of(1)), cache));
  return { loss: loss.data[0], values: told(trace.values), gradients: told(trace.gradients) };
}"""


@pytest.fixture(scope="module")
def right():
    with v8(mathematics()) as run:
        yield run


def traced(model, image) -> tuple[float, Trace]:
    """The oracle: minivit's own trace, and the loss."""
    trace = model.trace(image[None])
    loss, cache = cross_entropy_forward(trace.logits, labels=np.array([LABEL]))
    trace.backward(cross_entropy_backward(1.0, cache))
    return float(loss), trace


def largest_difference(run, model) -> tuple[float, str]:
    """Of all arrays, as a part of the largest number in each; and the name of the worst."""
    image = images_for(model, 1)[0]
    loss, trace = traced(model, image)
    found = run(RUN, as_told(model), plain(image), LABEL)
    worst = [(abs(found["loss"] - loss) / loss, "loss")]
    for kind, expected in (("values", trace.values), ("gradients", trace.gradients)):
        arrays = {name: np.reshape(numbers, shape) for name, shape, numbers in found[kind]}
        assert set(arrays) == set(expected)
        least = 1e-4 * max(np.abs(a).max() for a in expected.values())  # what is 0, up to rounding
        for name, array in expected.items():
            one = array if name in model.layout.shapes else array[0]
            assert arrays[name].shape == one.shape, name
            assert np.isfinite(arrays[name]).all(), name
            off = np.abs(arrays[name] - one).max() / max(np.abs(one).max(), least)
            worst.append((float(off), f"{kind} of {name}"))
    return max(worst)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_is_that_of_the_trace(kind, right):
    model = build(**KINDS[kind])
    assert not what_a_page_lacks(model.config)
    off, name = largest_difference(right, model)
    assert off < CLOSE, name


def test_the_names_come_in_the_order_of_the_trace(right):
    for changes in KINDS.values():
        model = build(**changes)
        image = images_for(model, 1)[0]
        found = right(RUN, as_told(model), plain(image), LABEL)
        assert [name for name, *_ in found["values"]] == list(traced(model, image)[1].values)


def test_every_option_is_compared_or_refused():
    """So that one that is added later is not left out of the page in silence."""
    fields = [f for f in described_fields(ViTConfig) if f.help and f.default is not MISSING]
    compared = set().union(*KINDS.values())
    assert {f.name for f in fields} - compared == REFUSED | {"eps"}


def test_every_word_that_an_option_may_be_is_compared_or_refused():
    configs = [build(**changes).config for changes in KINDS.values()]
    for field in described_fields(ViTConfig):
        if field.name not in REFUSED:
            left = set(field.choices) - {getattr(c, field.name) for c in configs}
            assert left <= {"relative"}, field.name


def test_every_op_has_a_wrong_backward():
    ops = {f"ops/{name}.js" for name in OPS} - {"ops/tensor.js"}
    assert ops <= {file for file, *_ in WRONG.values()}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_backward_is_found(name):
    file, before, after, kind = WRONG[name]
    text = read(file)
    assert text.count(before) == 1
    with v8(mathematics().replace(text, text.replace(before, after))) as run:
        off, _ = largest_difference(run, build(**KINDS[kind]))
        assert off > 1e-6


NUDGE = """(model, image, dlogits, name, index, step) => {
  const logits = [step, -step].map((by) =>
    new Trace(given(model), image_of(image), { name, index, by }).logits.data);
  return dlogits.reduce((sum, d, c) => sum + d * (logits[0][c] - logits[1][c]), 0) / (2 * step);
}"""


def test_a_nudge_moves_all_that_follows(right):
    """The gradient of every array, at one place of each, by central differences."""
    for kind in ("cls", "sequence with cls", "2-D, every layer", "patch norm", "no out projection"):
        model = build(**KINDS[kind])
        image, rng = images_for(model, 1)[0], np.random.default_rng(7)
        dlogits = rng.standard_normal(model.config.classes)
        trace = model.trace(image[None])
        trace.backward(dlogits[None])
        for name in trace.values:
            gradient = trace.gradients[name][0].ravel()
            index = int(np.abs(gradient).argmax())
            slope = right(NUDGE, as_told(model), plain(image), dlogits.tolist(), name, index, 1e-5)
            assert abs(slope - gradient[index]) < 1e-6 * (1 + abs(slope)), f"{kind}: {name}"


SUMS = """(model, image, label, sums) => {
  const trace = new Trace(given(model), image_of(image));
  const [, cache] = cross_entropy_forward(trace.logits, { label });
  trace.backward(cross_entropy_backward(tensor([], Float64Array.of(1)), cache));
  return compared(trace, sums);
}"""


def test_the_page_knows_by_its_sums_that_it_computes_the_same(right):
    model = build()
    image = images_for(model, 1)[0]
    told = fingerprints(model.trace(image[None]), LABEL)
    sums = {kind: np.frombuffer(b64decode(text), "<f8").tolist() for kind, text in told.items()}
    found = right(SUMS, as_told(model), plain(image), LABEL, sums)
    trace = traced(model, image)[1]
    numbers = sum(a.size for a in (*trace.values.values(), *trace.gradients.values()))
    assert found["worst"] < 1e-12
    assert found["count"] == numbers
    other = right(SUMS, as_told(model), plain(image), LABEL + 1, sums)  # another loss
    assert other["worst"] > 1e-3
    few = {**sums, "values": sums["values"][:-5]}  # of an array less
    assert (
        right(SUMS, as_told(model), plain(image), LABEL, few)["worst"] is None
    )  # Infinity in JSON
