"""What the tour tells of a model is what minivit says of it, for every kind of model."""

import re

import numpy as np
import pytest
from javascript import KINDS, as_told, plain, v8
from looked_at import build, images_for

from minivit import inspection
from minivit.figures.page.sources import mathematics, sentences
from minivit.ops import softmax_forward

INK = {"low": [0, 0, 0], "high": [1, 1, 1], "bright": False}
STEPS = ["patches", "positions", "attention", "mlp", "loss", "gradient", "why", "change"]
LABEL = 1
ASKED = """(model, image, ink, label) => {
  const whole = given(model), x = image_of(image);
  const look = { t: new Trace(whole, x), model: whole, image: x, ink, label };
  return Object.fromEntries(steps_of_tour(whole.config).map((step) =>
    [step, { ...TOUR[step].asks(look), place: TOUR[step].place(look) }]));
}"""


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


def asked(run, model):
    image = images_for(model, 1)
    return run(ASKED, as_told(model), plain(image[0]), INK, LABEL), image


def probabilities(model, image) -> np.ndarray:
    return softmax_forward(model.trace(image).logits)[0][0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_has_choices_one_of_which_is_right_and_a_place_that_is_there(kind, run):
    model = build(**KINDS[kind])
    found, image = asked(run, model)
    names = {*model.trace(image).values, *model.layout.shapes}
    keys = sentences("en")
    assert list(found) == [step for step in STEPS if step in found]
    assert len(found) == 8 or kind in ("no blocks", "one token")
    for step, one in found.items():
        assert len(set(map(str, one["choices"]))) == len(one["choices"]) >= 2, step
        assert 0 <= one["right"] < len(one["choices"])
        for place in (one["at"], one["place"]):
            assert place.get("name") is None or place["name"] in names
        for choice in one["choices"]:
            assert isinstance(choice, int) or f"tour.{step}.{choice}" in keys
        key = one.get("key", step)
        for sentence in (keys[f"tour.{key}.ask"], keys[f"tour.{key}.told"]):
            assert set(re.findall(r"\{(\w+)\}", sentence)) <= set(one["facts"]), sentence


@pytest.mark.parametrize("kind", ["cls", "mean", "patch norm", "sincos of MAE", "overlap"])
def test_what_is_told_is_so(kind, run):
    model = build(**KINDS[kind])
    c = model.config
    found, image = asked(run, model)
    trace, p = model.trace(image), probabilities(model, image)
    said = int(p.argmax())

    told = found["patches"]["facts"]
    pixels = c.patch[0] * c.patch[1] * c.channels
    assert told["numbers"] == pixels == trace.values["patchify.patches"].shape[-1]
    assert told["most"] == trace.values["patchify.patches"][0].var(axis=-1).argmax()

    told = found["attention"]["facts"]
    probs = trace.values[f"blocks.{c.depth - 1}.attention.probs"][0]
    bits = -(probs * np.log2(probs)).sum(axis=-1)  # (heads, tokens that ask)
    asking = bits[:, :1] if c.has_cls else bits
    assert (told["head"], told["token"]) == np.unravel_index(asking.argmin(), asking.shape)
    assert told["bits"] == pytest.approx(asking.min())
    row = probs[told["head"], told["token"], int(c.has_cls) :]
    assert told["patch"] == row.argmax() and told["part"] == pytest.approx(row.max())
    right = found["attention"]["choices"][found["attention"]["right"]]
    assert right == row.argmax()

    told = found["mlp"]["facts"]
    z, h = (trace.values[f"blocks.{c.depth - 1}.mlp.{one}"] for one in "zh")
    assert told["below"] == (z < 0).sum() and told["count"] == z.size
    assert [told["least"], told["largest"]] == pytest.approx([h.min(), h.max()])

    told = found["loss"]["facts"]
    assert told["loss"] == pytest.approx(-np.log(p[LABEL]))
    assert found["loss"]["right"] == int(told["loss"] >= np.log(c.classes))
    told = found["gradient"]["facts"]
    assert told["gradient"] == pytest.approx(p[LABEL] - 1)
    assert told["numeric"] == pytest.approx(p[LABEL] - 1, rel=1e-6)
    assert found["gradient"]["right"] == 1

    told = found["why"]["facts"]
    x0 = np.broadcast_to(inspection.baseline(model, image, "mean"), image.shape)[0]
    worth = inspection.occlusion(model, image, np.array([said]), x0)[0].ravel()
    flow = inspection.rollout_map(model, image)[0].ravel()
    assert [told["one"], told["other"]] == [flow.argmax(), worth.argmax()]
    assert told["correlation"] == pytest.approx(np.corrcoef(flow, worth)[0, 1])

    told = found["change"]["facts"]
    row, column = np.unravel_index(worth.argmax(), c.grid)
    covered = image.copy()
    stride = c.stride or c.patch
    covered[:, row * stride[0] : row * stride[0] + c.patch[0],
            column * stride[1] : column * stride[1] + c.patch[1]] = 0  # fmt: skip
    after = probabilities(model, covered)
    assert [told["said"], told["now"]] == [said, after.argmax()]
    assert told["after"] == pytest.approx(after.max())
    assert found["change"]["right"] == int(after.argmax() != said)


def test_without_positions_the_order_of_the_patches_means_nothing_to_a_mean(run):
    model = build(positions="none", pool="mean")
    one = asked(run, model)[0]["positions"]
    assert one["key"] == "order" and one["right"] == 0
    assert one["facts"]["before"] == pytest.approx(one["facts"]["after"], rel=1e-12)


def test_learned_positions_are_taken_away(run):
    model = build()
    found, image = asked(run, model)
    told = found["positions"]["facts"]
    model.parameters["embed.positions"][:] = 0
    after = probabilities(model, image)
    assert told["now"] == after.argmax() and told["after"] == pytest.approx(after.max())
