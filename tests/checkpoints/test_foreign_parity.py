"""Models in other layouts give the libraries' own logits and gradients, which are stored.

foreign_parity.py made the file.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from stored_models import CASES, STORED, config_of, loaded, stored

import minivit
from minivit.checkpoints.foreign.layouts import FAMILIES
from minivit.checkpoints.foreign.table import written

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}


def assert_close(found, expected, dtype):
    assert np.abs(found - expected).max() <= TOLERANCE[dtype] * np.abs(expected).max()


def test_without_a_row_of_positions_for_cls_timm_adds_none(tmp_path):
    """no_embed_class: cls may as well have its row added before, so the logits are the same."""
    weights = stored("timm", "weights")
    weights["cls_token"] = weights["cls_token"] + weights["pos_embed"][:, :1]
    weights["pos_embed"] = weights["pos_embed"][:, 1:].copy()
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(config_of("timm")))
    logits = minivit.load(tmp_path).logits(STORED["images"])
    assert_close(logits, STORED["timm:logits"], np.float64)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_logits_and_gradients_are_the_library_s_own(case, dtype, tmp_path):
    model = loaded(case, tmp_path, dtype)
    logits, cache = model.forward(STORED["images"].astype(dtype))
    assert_close(logits, STORED[f"{case}:logits"], dtype)
    model.backward(STORED["dlogits"].astype(dtype), cache)
    family = FAMILIES[case.split("-")[0]]
    gradients = written(family.rows(model.config), model.config, model.gradients)
    expected = family.today(stored(case, "gradients"))
    if model.config.pool == "cls":  # timm's norm behind it is the same as ours before it
        expected = {name.replace("fc_norm.", "norm."): g for name, g in expected.items()}
    assert set(gradients) == set(expected)
    largest = max(np.abs(gradient).max() for gradient in expected.values())
    for name, gradient in gradients.items():  # a key's bias has a gradient of 0
        assert np.abs(gradient - expected[name]).max() <= TOLERANCE[dtype] * max(
            np.abs(expected[name]).max(), 1e-2 * largest
        ), name
