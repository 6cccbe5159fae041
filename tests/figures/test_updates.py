import numpy as np

from minivit.figures.updates import between, limits, looks_of


def test_blocks_go_from_light_to_dark_and_the_legend_names_their_ends():
    blocks = [f"blocks.{i}.{kind}" for i in range(12) for kind in ("attention", "mlp")]
    places = ["patches", *blocks, "norm", "head"]
    looks, entries = looks_of(places)
    assert list(sorted(looks)) == sorted(places)
    for kind in ("attention", "mlp"):
        light = [sum(looks[f"blocks.{i}.{kind}"]["color"]) for i in range(12)]
        assert light == sorted(light, reverse=True) and light[0] > light[-1] + 0.5
    assert [words for words, _ in entries] == [
        "blocks.0.attention ...", "... blocks.11.attention", "blocks.0.mlp ...",
        "... blocks.11.mlp", "patches", "norm", "head",
    ]  # fmt: skip


def test_few_blocks_are_named_one_by_one():
    looks, entries = looks_of(["blocks.0.attention", "blocks.1.attention"])
    assert [words for words, _ in entries] == ["blocks.0.attention", "blocks.1.attention"]
    assert looks["blocks.0.attention"] != looks["blocks.1.attention"]


def test_many_other_places_look_different():
    looks, _ = looks_of([f"place{i}" for i in range(12)])
    assert len({tuple(look.items()) for look in looks.values()}) == 12


def test_a_colour_between_two():
    assert between("#000000", "#ff0000", 0.5) == (0.5, 0.0, 0.0)


def test_a_last_step_of_a_rate_near_0_does_not_stretch_the_axis():
    ratios = np.array([1e-2, 3e-3, 2e-3, 1e-8])
    rows = np.stack([np.arange(1, 5), *np.ones((2, 4)), ratios], axis=1)
    low, high = limits(rows)
    assert 1e-5 < low < 1e-3 / 2 and high > 1e-2
    low, high = limits(rows[-1:])  # the only epoch counts
    assert low < 1e-8 and high > 1e-3
