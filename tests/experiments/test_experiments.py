"""Each experiment, run whole and tiny."""

import math

import numpy as np
import pytest
from data_files import write_idx
from PIL import Image
from tiny_scale import TINY

from minivit import backend
from minivit.data import hold_out
from minivit.experiments import (
    EXPERIMENTS,
    FULL,
    QUICK,
    computation,
    costs,
    data,
    patch,
    picture,
    plan,
    positions,
    robustness,
    run,
    verdict,
)
from minivit.experiments.attention_kinds import keys_looked_at
from minivit.experiments.cell import loaded, whole
from minivit.experiments.pool import HYBRID, RESNET, RIVALS, VIT
from minivit.experiments.shift import enlarged, images, shrunk
from minivit.experiments.verdict import UNDECIDED, of_seeds
from minivit.models import ViT, variant
from minivit.models.cost import cost
from minivit.training import load_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One pool for all, with a small MNIST, and small grids where time is measured."""
    folder = tmp_path_factory.mktemp("experiments")
    write_idx(folder / "data" / "mnist")
    grid = {costs.RESOLUTION: ((8, 4), (16, 4), (32, 4)), costs.PATCH: ((16, 8), (16, 4), (16, 2))}
    with pytest.MonkeyPatch.context() as patch, backend.use("numpy"):
        patch.setenv("MINIVIT_DATA", str(folder / "data"))
        patch.setattr(costs, "GRID", grid)
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


def flops(cell) -> int:
    """What an image costs in a cell's model."""
    recipe = load_recipe(cell.recipe)
    made = recipe.config(loaded(cell.images), model=dict(cell.model), training=dict(cell.training))
    return cost(made.model, batch=1).forward_flops


def test_rivals_of_a_size_cost_the_same():
    costs_of = {}
    for point in EXPERIMENTS["computation"].points(FULL):
        costs_of.setdefault(point.settings["size"], set()).add(flops(point.cells[0]))
    assert [len(found) for found in costs_of.values()] == [3, 3, 3]
    assert all(max(found) < 1.05 * min(found) for found in costs_of.values())
    assert min(costs_of[computation.LARGE]) > 2 * max(costs_of[computation.MIDDLE])


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


def test_what_is_kept_of_accuracy_is_a_mean_over_strengths():
    rows = [{"model": "ViT", "seed": 0, "change": "none", "strength": 0, "accuracy": 80.0}]
    rows += [{"model": "ViT", "seed": 0, "change": "shuffled", "strength": s, "accuracy": a}
             for s, a in ((2, 60.0), (4, 40.0), (7, 20.0))]  # fmt: skip
    assert robustness.kept(rows, "ViT", "shuffled") == [50.0]


def spread_out(mean: float) -> list[tuple[int, float]]:
    """Three seeds and their results, 0.4 apart in all."""
    return [(seed, mean + 0.2 * (seed - 1)) for seed in range(3)]


def withstood(**kept) -> list[dict]:
    """A made table of robustness: clean all have 80 %, and what they keep of it differs."""
    rows = []
    for model, part in kept.items():
        rows += [{"model": model, "seed": s, "change": "none", "strength": 0, "accuracy": a}
                 for s, a in spread_out(80)]  # fmt: skip
        rows += [{"model": model, "seed": s, "change": change, "strength": strength, "accuracy": a}
                 for change, (strengths, _) in robustness.SHOWN.items() for strength in strengths
                 for s, a in spread_out(80 * part)]  # fmt: skip
    return rows


@pytest.mark.parametrize(
    ("kept", "word"),
    [
        ({VIT: 0.95, RESNET: 0.5}, "agrees"),
        ({VIT: 0.5, RESNET: 0.95}, "does not agree"),
        ({VIT: 0.6, RESNET: 0.5}, "agrees in part"),  # more than the other, but not much
        ({VIT: 0.7501, RESNET: 0.7501}, "does not agree"),  # as much as the other, and too little
    ],
)
def test_robustness_on_made_tables(kept, word):
    found = robustness.findings(withstood(**kept))
    assert verdict(found, {}).word == word
    assert "clean 80.0 %" in found[2].words


def test_one_change_that_is_not_withstood_is_told():
    rows = withstood(**{VIT: 0.95, RESNET: 0.5})
    for row in rows:
        if row["model"] == VIT and row["change"] == "turned":
            row["accuracy"] = 10.0
    held = [finding.holds for finding in robustness.findings(rows)]
    assert held == [True, True, True, False, True]


def test_what_a_model_looks_at_first_is_ranked_first():
    """Of a model whose answer follows one square alone, and of one that follows none."""
    model = ViT(variant("digits", image=(12, 12), patch=4, depth=1, pool="flatten"),
                zero_head=False)  # fmt: skip
    for name, values in model.parameters.items():  # nothing passes between patches
        if "attention" in name or "mlp" in name:
            model.parameters[name] = np.zeros_like(values)
    head = np.zeros_like(model.parameters["head.w"])
    places = head.reshape(9, -1, head.shape[1])
    places[5] = np.random.default_rng(0).normal(size=places[5].shape)
    model.parameters["head.w"] = head
    images = np.random.default_rng(1).uniform(-1, 1, (4, 12, 12, 1)).astype(np.float32)
    ranks = robustness.saliency_ranks(model, images)
    assert (ranks[:, 5] == 0).all() and (np.sort(ranks) == np.arange(9)).all()


def by_computation(**means) -> list[dict]:
    """A made table: the accuracies of each model's sizes, which cost 1, 2 and 4."""
    return [{"model": model, "size": size, "seed": s, "flops": 2.0**i, "accuracy": a}
            for model, of_sizes in means.items()
            for i, (size, mean) in enumerate(zip(computation.SIZES, of_sizes, strict=True))
            for s, a in spread_out(mean)]  # fmt: skip


@pytest.mark.parametrize(
    ("vit", "resnet", "hybrid", "held"),
    [
        # a step of 2 % for twice the computation: 4 % are four times
        ((80, 82, 84), (76, 78, 80), (83, 84, 84.1), [True, True, True, True]),
        ((80, 82, 84), (79, 81, 83), (80, 82, 84), [True, False, None, None]),
        ((76, 78, 80), (80, 82, 84), (70, 75, 79.9), [False, False, False, None]),
        ((80, 82, 84), (80, 82, 84), (83, 84, 87), [None, False, True, False]),
        ((84, 82, 80), (70, 71, 72), (84, 82, 80), [True, None, None, None]),  # falls
    ],
)
def test_computation_on_made_tables(vit, resnet, hybrid, held):
    found = computation.findings(by_computation(**{VIT: vit, RESNET: resnet, HYBRID: hybrid}))
    assert [finding.holds for finding in found] == held


def test_how_many_times_less_is_read_off_two_lines():
    rows = by_computation(**{VIT: (80, 82, 84), RESNET: (76, 78, 80)})
    np.testing.assert_allclose(computation.times_less(rows), [4, 4, 4])


def on_images(vit, resnet) -> list[dict]:
    """A made table of accuracies on 10, 20 and 40 images."""
    return [{"model": m, "images": n, "seed": s, "accuracy": a, "few-shot": a}
            for m, means in ((VIT, vit), (RESNET, resnet))
            for n, mean in zip((10, 20, 40), means, strict=True)
            for s, a in spread_out(mean)]  # fmt: skip


@pytest.mark.parametrize(
    ("vit", "resnet", "held"),
    [
        ((50, 70, 90), (60, 72, 80), [True, True, True]),
        ((60, 72, 80), (50, 70, 90), [False, False, False]),
        ((50, 60, 70), (60, 70, 80), [True, False, None]),  # never ahead, and as steep
        ((50, 60, 70), (50, 60, 70), [None, None, None]),
    ],
)
def test_data_on_made_tables(vit, resnet, held):
    assert [finding.holds for finding in data.findings(on_images(vit, resnet))] == 2 * held


@pytest.mark.parametrize("scale", [FULL, QUICK, TINY])
def test_so_many_images_are_left_to_learn_from(scale):
    """Beside those that are held out; and the epochs become fewer as images become more."""
    name, sizes = data.grid(scale)
    epochs = list(sizes.values())
    assert len(sizes) > 2 and list(sizes) == sorted(sizes) and epochs == sorted(epochs)[::-1]
    if name == "fashion-small":
        for wanted in sizes:
            cell = data.cell(name, wanted, 1, VIT, 0, scale)
            held = cell.training["hold_out"]
            left = hold_out(loaded(cell.images), held).train.labels
            assert abs(len(left) - wanted) <= 10 and cell.best
    assert data.cell("fashion", 59_000, 3, VIT, 0, FULL).images.train == 60_000


def patched(made_keeps: dict, noise: float = 0.9) -> list[dict]:
    """A made table: what each model keeps of 80 % under the patch made on each, and under noise."""
    return [{"made on": made, "model": m, "seed": s, "clean": 80.0, "accuracy": 80 * a / 100}
            for made in (*RIVALS, patch.NOISE) for m in RIVALS
            for s, a in spread_out(100 * made_keeps.get((made, m), noise))]  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "held"),
    [
        ({(VIT, VIT): 0.8, (RESNET, RESNET): 0.2, (HYBRID, HYBRID): 0.5, (VIT, RESNET): 0.7},
         [True, True, True, None]),
        ({(VIT, VIT): 0.2, (RESNET, RESNET): 0.8, (HYBRID, HYBRID): 0.5, (RESNET, VIT): 0.7},
         [True, False, False, None]),
        ({}, [None, None, None, None]),
    ],
)  # fmt: skip
def test_patches_on_made_tables(kept, held):
    assert [finding.holds for finding in patch.findings(patched(kept))] == held


def test_exponents_of_made_times():
    rows = [{"changes": costs.PATCH, "side": side, "patch": patch, "seed": seed,
             "patches": (side // patch) ** 2, "step_ms": (1 + seed) * (side // patch) ** 3}
            for side, patch in costs.GRID[costs.PATCH] for seed in (0, 1)]  # fmt: skip
    found = costs.exponents(rows, costs.PATCH, "step_ms")
    np.testing.assert_allclose(found, [[1.5, 1.5], [1.5, 1.5]])
    assert of_seeds(rows, "step_ms", side=16, patch=2) == [512, 1024]


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
