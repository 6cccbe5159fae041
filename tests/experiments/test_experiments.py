"""Each experiment, run whole and tiny."""

import math

import numpy as np
import pytest
from data_files import write_idx
from PIL import Image
from tiny_scale import TINY

from minivit import backend
from minivit.experiments import (
    EXPERIMENTS,
    FULL,
    QUICK,
    biases,
    committed,
    costs,
    picture,
    plan,
    pooling,
    positions,
    run,
    sizes,
    verdict,
)
from minivit.experiments.attention_kinds import keys_looked_at
from minivit.experiments.cell import loaded, whole
from minivit.experiments.shift import enlarged, images, shrunk
from minivit.experiments.verdict import UNDECIDED, of_seeds
from minivit.models import ViT, variant


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One pool for all, with a small MNIST, and small grids where time is measured."""
    folder = tmp_path_factory.mktemp("experiments")
    write_idx(folder / "data" / "mnist")
    grid = {costs.RESOLUTION: ((8, 4), (16, 4), (32, 4)), costs.PATCH: ((16, 8), (16, 4), (16, 2))}
    with pytest.MonkeyPatch.context() as patch, backend.use("numpy"):
        patch.setenv("MINIVIT_DATA", str(folder / "data"))
        patch.setattr(costs, "GRID", grid)
        patch.setattr(biases, "LOOKED_AT", 3)
        yield folder / "out"
    loaded.cache_clear()
    whole.cache_clear()


def tiny(name, folder):
    """The rows of an experiment; made by the first test that asks for them."""
    return run(EXPERIMENTS[name], folder, scale=TINY).rows


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_tiny_run_gives_a_table_a_sentence_and_a_figure(name, folder, tmp_path):
    pytest.importorskip("matplotlib")
    experiment, rows = EXPERIMENTS[name], tiny(name, folder)
    assert {row["seed"] for row in rows} == {0, 1}
    numbers = [value for row in rows for value in row.values() if not isinstance(value, str)]
    assert all(map(math.isfinite, numbers))
    found = experiment.findings(rows)
    sentence = verdict(found, experiment.why).sentence
    assert all(finding.words in sentence for finding in found) and len(found) > 1
    picture.draw(experiment, rows, tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as drawn:
        assert drawn.width > 900 and np.ptp(np.asarray(drawn)) == 255
    assert picture.is_ours(tmp_path / "figure.png")
    assert not plan(experiment, folder, TINY).missing


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_one_seed_decides_nothing(name, folder):
    one = [row for row in tiny(name, folder) if row["seed"] == 0]
    assert verdict(EXPERIMENTS[name].findings(one), {}).word == UNDECIDED


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_full_size_has_three_seeds_and_is_no_quick_one(name):
    experiment = EXPERIMENTS[name]
    assert {point.settings["seed"] for point in experiment.points(FULL)} == {0, 1, 2}
    keys = [{point.key(name) for point in experiment.points(scale)} for scale in (FULL, QUICK)]
    assert not keys[0] & keys[1] and len(keys[0]) == len(experiment.points(FULL))
    assert experiment.minutes <= 40 and experiment.name == name


def test_all_experiments_together_take_six_hours_at_most():
    assert sum(experiment.minutes for experiment in EXPERIMENTS.values()) <= 360


def cells_of(*names) -> set[str]:
    """The keys of what experiments train."""
    return {c.key for name in names for point in EXPERIMENTS[name].points(FULL)
            for c in point.cells}  # fmt: skip


def test_one_pool_of_models_serves_several_experiments():
    assert cells_of("patch") < cells_of("computation") and len(cells_of("patch")) == 9
    assert cells_of("robustness") < cells_of("computation", "positions")
    assert len(cells_of("robustness") & cells_of("positions")) == 6  # with and without positions


def table_8(**changes) -> list[dict]:
    """A made table: 1-D at 80, the others near it, none at 70; each by its seeds' offsets."""
    rows = []
    for kind, at, _ in positions.GRID:
        mean = changes.get(positions.label(kind, at), 70 if kind == "none" else 80)
        rows += [{"positions": kind, "at": at, "seed": s, "accuracy": mean + 0.3 * s}
                 for s in range(3)]  # fmt: skip
    return rows


def test_positions_on_made_tables():
    def word(rows):
        return verdict(positions.findings(rows), {}).word

    assert word(table_8()) == "agrees"
    assert word(table_8(none=79.8)) == UNDECIDED  # within the spread of 0.6
    assert word(table_8(relative=60)) == "agrees in part"
    assert word(table_8(none=99)) == "does not agree"


def test_exponents_of_made_times(folder):  # which has made the grid small
    rows = [{"changes": costs.PATCH, "side": side, "patch": patch, "seed": seed,
             "patches": (side // patch) ** 2, "step_ms": (1 + seed) * (side // patch) ** 3}
            for side, patch in costs.GRID[costs.PATCH] for seed in (0, 1)]  # fmt: skip
    found = costs.exponents(rows, costs.PATCH, "step_ms")
    np.testing.assert_allclose(found, [[1.5, 1.5], [1.5, 1.5]])
    assert of_seeds(rows, "step_ms", side=16, patch=2) == [512, 1024]


@pytest.mark.parametrize(
    ("exponents", "holds"),  # from each number of patches to four times as many
    [
        ((1.0, 1.1, 1.3), [True, True, True]),
        ((1.0, 1.1, 1.1), [True, None, True]),
        ((1.0, 1.4, 1.9), [False, True, False]),
        ((1.2, 1.2, 1.0), [True, False, True]),
    ],
)
def test_time_bends_at_the_largest_size(exponents, holds, monkeypatch):
    grid = {costs.RESOLUTION: ((8, 4), (16, 4), (32, 4), (64, 4))}
    monkeypatch.setattr(costs, "GRID", grid)
    times = [1.0]
    for exponent in exponents:
        times.append(times[-1] * 4**exponent)
    rows = [{"changes": costs.RESOLUTION, "side": side, "patch": patch, "seed": seed,
             "patches": (side // patch) ** 2, "step_ms": time * (1 + seed)}
            for (side, patch), time in zip(*grid.values(), times, strict=True)
            for seed in (0, 1)]  # fmt: skip
    assert [one.holds for one in costs.bends(rows, costs.RESOLUTION)] == holds


def test_what_grows_is_compared_at_about_the_same_computation():
    costs_of = {"depth": (0.5, 1, 1.9, 3.8), "width": (0.5, 1, 2.8, 8.9), "patch side": (0.3, 1, 4)}
    rows = [
        {"grows": name, "step": step, "seed": 0, "flops": flops, "accuracy": 10.0 * step}
        for name, of_steps in costs_of.items()
        for step, flops in enumerate(of_steps)
    ]
    assert sizes.gains(rows, "depth") == [20 / math.log2(3.8)]
    assert sizes.gains(rows, "width") == [10 / math.log2(2.8)]
    assert sizes.gains(rows, "patch side") == [10 / math.log2(4)]
    assert "depth, 3.8 times the base" in sizes.findings(rows)[0].words


def test_the_sizes_that_are_compared_cost_what_the_claim_says():
    rows = committed("sizes").rows
    times = sorted(sizes.compared(rows, name)[2] for name in sizes.WORDS)
    assert f"{times[0]:.1f} to {times[-1]:.1f} times" in sizes.EXPERIMENT.claim
    assert "above width, 2.82 times the base" in sizes.findings(rows)[0].words


def test_of_equally_good_rates_the_smallest_counts_and_the_others_are_told():
    rows = [{"pool": "mean", "rate": rate, "epoch": 3, "seed": seed, "held_out": right + seed}
            for rate, right in zip(pooling.RATES, (70, 82, 80, 81, 82), strict=True)
            for seed in (0, 1)]  # fmt: skip
    assert pooling.best_rate(rows, "mean") == 0.001
    assert pooling.as_good(rows, "mean") == "on held-out images 0.008 is as good"
    for row in rows:
        row["held_out"] = 80 if row["rate"] < 0.004 else 70
    assert pooling.as_good(rows, "mean") == "on held-out images 0.001 and 0.002 are as good"


def test_equal_attention_looks_at_all_keys():
    model = ViT(variant("digits", depth=1, top_k=None))
    for name in model.parameters:
        if "qkv" in name:
            model.parameters[name] = np.zeros_like(model.parameters[name])
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)).astype(np.float32)
    assert abs(keys_looked_at(model, images) - 17) < 1e-6  # cls and 16 patches
    one = ViT(variant("digits", depth=1, top_k=1))
    assert abs(keys_looked_at(one, images) - 1) < 1e-6


def test_digits_are_framed_as_the_other_set_has_them():
    whole = np.full((1, 28, 28, 1), -1, np.float32)
    whole[:, 4:24, 4:24] = 1
    assert enlarged(whole).min() == 1  # the inner part alone is left
    small = shrunk(
        np.ones((1, 28, 28, 1), np.float32) - 2 * (np.indices((28, 28))[0] < 2)[..., None]
    )
    assert (small[:, :4] == -1).all() and (small[:, 8:24, 4:24] > 0.99).all()
    assert images("digits", FULL).side == 28 and images("mnist", FULL).side is None
