"""Locality and equivariance, layer by layer: numbers that are known, and the findings."""

import numpy as np
from tiny_scale import TINY

from minivit import backend
from minivit.experiments import biases, layer_rows, run


def test_equivariance_of_the_rivals_before_and_after(tmp_path, monkeypatch):
    """A convolution is exact; attention without positions to rounding; with them it isn't."""
    monkeypatch.setattr(biases, "LOOKED_AT", 3)
    with backend.use("numpy"):
        rows = run(biases.EXPERIMENT, tmp_path, scale=TINY._replace(seeds=(0,))).rows

    def errors(model, *layers):
        return [row["error"] for row in rows if row["model"] == model and row["layer"] in layers]

    assert errors("ResNet", "root.convolution.y") == [0] * 2
    whole = biases.layers_of(rows, biases.BARE)
    assert len(whole) == 7 and max(errors(biases.BARE, *whole, "pooled")) < 1e-9
    assert min(errors("ViT", *whole)) > 10 and max(errors("ResNet", "root.relu.y")) < 1e-9
    assert all((row["error_on_wide_ground"] == "") == (row["model"] != "ResNet") for row in rows)
    assert max(row["error_on_wide_ground"] for row in rows if row["model"] == "ResNet") < 1e-9
    for row in rows:
        if row["layer"] in ("root.convolution.y", "embed.x"):
            assert row["changed"] < 3 and row["far"] == 0
        elif row["layer"] != "pooled":
            assert row["changed"] > 50 and 0 < row["far"] < 100


def test_images_are_framed_and_moved():
    images = np.arange(28.0 * 28).reshape(1, 28, 28, 1)
    inner = layer_rows.framed(images, -1, 8)
    assert (inner[0, 8:16, 8:16] == images[0, 10:18, 10:18]).all() and (inner == -1).sum() == 720
    moved = layer_rows.moved(inner, -1)
    assert (moved[0, 12:20, 12:20] == images[0, 10:18, 10:18]).all() and (moved == -1).sum() == 720
    wide = layer_rows.framed(images, -1, 24, 64)
    assert wide.shape == (1, 64, 64, 1) and (wide == -1).sum() == 64**2 - 64
    assert (wide[0, 24:32, 24:32] == images[0, 10:18, 10:18]).all()
    away = layer_rows.moved(images, -1)
    assert (away[0, 4:, 4:] == images[0, :24, :24]).all() and (away == -1).sum() == 28 * 28 - 24**2


def test_findings_on_made_tables():
    def table(**told):
        """What follows from the layers; `told` are the errors and changes of some of them."""
        layers = {
            "ViT": ("embed.x", "blocks.0.attention.y", "blocks.0.mlp.y"),
            "ResNet": ("root.convolution.y", "root.relu.y", "stages.0.units.0.relu3.y"),
        }
        layers[biases.BARE] = layers["ViT"]
        return [
            {"model": model, "when": "trained", "layer": layer, "seed": seed,
             "error": told.get(layer, 120 if model == "ViT" else 0),
             "error_on_wide_ground": told.get("wide", 0),
             "error_with_border": 90 + seed if model == "ViT" else 30,
             "far": 2 if model == "ViT" else 1,
             "changed": 100 if layer in told.get("all", ("blocks.0.attention.y",)) else 1}
            for model, names in layers.items() for layer in (*names, "pooled") for seed in (0, 1)
        ]  # fmt: skip

    def answers(**told):
        return [finding.holds for finding in biases.findings(table(**told))]

    yes = [True] * 11
    assert answers() == [*yes[:3], False, *yes[4:]]  # without positions attention is equivariant
    norm = {"all": ("blocks.0.attention.y", "root.relu.y"), "wide": 0.1}
    assert answers(**norm) == [True, False, True, False, True, False, True, True, True, False, True]
    assert answers(**{"root.convolution.y": 0.5, "all": ()})[::7] == [False, False]
