"""What is changed in a page has the answer of a model, or an image, that was changed so."""

import copy

import numpy as np
import pytest
from javascript import as_told, plain, v8
from looked_at import build, images_for

from minivit import ViT
from minivit.figures.page.sources import mathematics

INK = {"low": [-1, 0], "high": [1, 2]}
LOGITS = """(model, image, changes, ink) => {
  const whole = given(model), x = image_of(image);
  const before = new Trace(whole, x);
  const now = changed(whole, x, changes, ink);
  const after = new Trace(now.model, now.image);
  const again = new Trace(whole, x);
  return { logits: [...after.logits.data], moved: distances_of(before, after),
    alone: again.logits.data.every((one, i) => one === before.logits.data[i]) };
}"""


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


def after(run, model, changes) -> dict:
    return run(LOGITS, as_told(model), plain(images_for(model, 1)[0]), changes, INK)


def test_pixels_and_patches(run):
    model = build(patch=(2, 3))
    image = images_for(model, 1)
    image[0, 2:4, 3:6] = [-0.5, 0.5]  # patch 3, at a quarter of the way from black to white
    image[0, 1, 4] = [1, 2]
    changes = [{"kind": "patch", "n": 3, "level": 0.25},
               {"kind": "pixel", "row": 1, "column": 4, "level": 1}]  # fmt: skip
    found = after(run, model, changes)
    assert np.abs(model.logits(image)[0] - found["logits"]).max() < 1e-12
    assert found["alone"]


@pytest.mark.parametrize("options", [{}, {"qkv_bias": False, "heads": 3, "head_width": 3},
                                     {"heads": 1, "out_projection": False}])  # fmt: skip
def test_a_silent_head_adds_nothing(options, run):
    model = build(**options)
    changed, c = copy.deepcopy(model), model.config
    head, K = c.heads - 1, c.heads_width // c.heads
    if c.out_projection:  # its rows of w_out are 0: another way to leave it out
        changed.parameters["blocks.1.attention.w_out"][head * K : (head + 1) * K] = 0
    else:
        changed.parameters["blocks.1.attention.w_qkv"][:, 2 * K :] = 0
        changed.parameters["blocks.1.attention.b_qkv"][2 * K :] = 0
    found = after(run, model, [{"kind": "head", "block": 1, "head": head}])
    assert np.abs(changed.logits(images_for(model, 1))[0] - found["logits"]).max() < 1e-12
    moved = dict(found["moved"])
    assert moved["blocks.0.mlp.y"] == 0 and moved["blocks.1.attention.y"] > 0.01


@pytest.mark.parametrize("options", [{}, {"positions": "sincos-2d"}, {"positions": "learned-2d"},
                                     {"positions_at": "every-layer-shared"}])  # fmt: skip
def test_without_positions_no_patch_knows_its_place(options, run):
    model = build(**options)
    none = ViT(type(model.config)(**{**model.config.to_dict(), "positions": "none",
                                     "positions_at": "input"}), dtype=np.float64)  # fmt: skip
    for name in none.layout.shapes:
        none.parameters[name] = model.parameters[name]
    found = after(run, model, [{"kind": "positions"}])
    assert np.abs(none.logits(images_for(model, 1))[0] - found["logits"]).max() < 1e-12


def test_a_weight(run):
    model = build()
    changed = copy.deepcopy(model)
    changed.parameters["head.w"][3, 1] = 7
    index = 3 * model.config.classes + 1
    change = {"kind": "weight", "name": "head.w", "index": index, "value": 7}
    found = after(run, model, [change])
    assert np.abs(changed.logits(images_for(model, 1))[0] - found["logits"]).max() < 1e-12
