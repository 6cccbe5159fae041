"""JavaScript without a browser, and models for it: V8 as a Python package, if it is installed."""

import json
from contextlib import contextmanager

import numpy as np
import pytest

from minivit import ViT
from minivit.figures.page.payload import sizes

# Every option of a model that a page shows, on the sizes of looked_at.py.
KINDS = {
    "cls": {},
    "no positions": {"positions": "none", "gelu": "tanh"},
    "mean": {"pool": "mean", "qkv_bias": False},
    "mean beside cls": {"pool": "mean", "cls_token": True, "positions": "learned-2d"},
    "sequence": {"pool": "sequence", "norm_after_pool": True},
    "sequence with cls": {"pool": "sequence", "cls_token": True, "pre_logits": 5},
    "flatten": {"pool": "flatten", "norm_after_pool": True},
    "flatten with cls": {"pool": "flatten", "cls_token": True, "positions": "sincos"},
    "norm after pool": {"pool": "mean", "norm_after_pool": True, "pre_logits": 4},
    "every layer": {"positions_at": "every-layer"},
    "2-D, every layer": {"positions": "learned-2d", "positions_at": "every-layer"},
    "2-D, shared": {"positions": "learned-2d", "positions_at": "every-layer-shared"},
    "shared": {"positions_at": "every-layer-shared", "pool": "mean"},
    "sincos, every layer": {"positions": "sincos-2d", "positions_at": "every-layer"},
    "sincos of MAE": {"positions": "sincos-2d-mae", "pool": "mean", "channels": 3},
    "sincos, one frequency": {"positions": "sincos-2d", "width": 4, "heads": 1},
    "overlap": {"patch": (2, 3), "stride": (1, 3)},
    "patch norm": {"patch_norm": True, "pool": "mean", "channels": 1},
    "head width": {"heads": 3, "head_width": 3, "gelu": "tanh", "qkv_bias": False},
    "no out projection": {"heads": 1, "out_projection": False},
    "no blocks": {"depth": 0},
    "one token": {"patch": (4, 6), "pool": "mean"},
    "chance": {"dropout": 0.5, "attention_dropout": 0.5, "stochastic_depth": 0.5},
}

# How a test hands a model and an image to the page's mathematics, and takes tensors from it.
GLUE = """
function given(model) {
  const parameters = {};
  for (const [name, [shape, numbers]] of Object.entries(model.parameters)) {
    parameters[name] = tensor(shape, Float64Array.from(numbers));
  }
  return { ...model, parameters };
}
function image_of([shape, numbers]) { return tensor(shape, Float64Array.from(numbers)); }
function told(tensors) {
  return Object.entries(tensors).map(([name, x]) => [name, x.shape, Array.from(x.data)]);
}
"""


@contextmanager
def v8(source: str):
    """A function that evaluates JavaScript behind `source`; what it returns comes as JSON.

    Skips the test where the package is not installed.
    """
    engine = pytest.importorskip("py_mini_racer")
    with engine.mini_racer() as context:
        context.eval(source + GLUE)

        def run(code: str, *arguments):
            handed = ", ".join(json.dumps(argument) for argument in arguments)
            return json.loads(context.eval(f"JSON.stringify(({code})({handed}))"))

        yield run


def as_told(model: ViT) -> dict:
    """A model as JSON: its sizes, which array belongs where, and the arrays."""
    parameters = {name: plain(model.parameters[name]) for name in model.layout.shapes}
    places = {place: list(names) for place, names in model.layout.places.items()}
    return {"config": sizes(model.config), "places": places, "parameters": parameters}


def plain(array: np.ndarray) -> list:
    """[shape, numbers], as JSON holds them to the last bit."""
    return [list(array.shape), np.asarray(array, np.float64).ravel().tolist()]
