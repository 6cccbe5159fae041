"""Locality and equivariance, layer by layer: numbers that are known, and the findings."""

import numpy as np
from tiny_scale import TINY

from minivit import backend
from minivit.experiments import biases, committed, layer_rows, run


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
            {"model": model, "when": when, "layer": layer, "seed": seed,
             "error": told.get(layer, 120 if model == "ViT" else 0),
             "error_on_wide_ground": told.get("wide", 0),
             "error_with_border": 90 + seed if "ViT" in model else 30,
             "far": 2 if model == "ViT" and when == "trained" else 1,
             "changed": 100 if layer in told.get("all", ("blocks.0.attention.y",)) else 1}
            for model, names in layers.items() for layer in (*names, "pooled") for seed in (0, 1)
            for when in ("untrained", "trained")
        ]  # fmt: skip

    def answers(**told):
        return [finding.holds for finding in biases.findings(table(**told)) if not finding.control]

    def controls(**told):
        return [finding.holds for finding in biases.findings(table(**told)) if finding.control]

    # without positions attention is equivariant, unless something leaves the image
    assert answers() == [True, True, True, False, True, True, True, True]
    # what the convolution does with the border; attention; the norm; untrained; the heads
    assert controls() == [False, True, True, None, True, True]
    norm = {"all": ("blocks.0.attention.y", "root.relu.y"), "wide": 0.1}
    assert answers(**norm) == [True, False, True, False, True, False, True, True]
    assert controls(**norm) == [False, True, True, None, False, True]
    told = answers(**{"root.convolution.y": 0.5, "all": ()})
    assert (told[0], told[6]) == (False, False)


def test_what_the_trained_table_says_of_the_whole_image_and_of_the_beginning():
    """Against numbers read off the committed table: each seed's, and their mean by hand."""
    rows = committed("biases").rows
    _, border, _, _, bare, whole, *_ = found = biases.findings(rows)
    assert border.words == "the same where the whole image moves (52.6 %) at most 0.001 %, " + (
        "spread 0.972"
    )
    assert (border.holds, bare.holds, whole.holds) == (False, False, True)
    of_whole = biases.at_layer(rows, biases.BARE, "error_with_border", "blocks.0.attention.y")
    np.testing.assert_allclose(of_whole, [17.8, 19.2, 12.6], atol=0.05)
    assert found[10].words.startswith(
        "how much of the change lies more than 8 pixels away, in the ViT's last layer (8.83 %)"
    )
    beginning = found[11]
    assert beginning.control and beginning.holds is None
    assert beginning.words.startswith(
        "the same before the training, in the ViT's (0.846 %) above that in the ResNet's (1.01 %)"
    )
