"""What breaks the rivals: findings on made tables, and what a model looks at first."""

import numpy as np
import pytest
from made_tables import spread_out

from minivit.experiments import FULL, committed, patch, pool, robustness, verdict
from minivit.experiments.pool import HYBRID, RESNET, RIVALS, VIT
from minivit.experiments.robustness import BAG
from minivit.experiments.work import fresh
from minivit.models import ViT, parameter_count, variant


def test_what_is_kept_of_accuracy_is_a_mean_over_strengths():
    rows = [{"model": "ViT", "seed": 0, "change": "none", "strength": 0, "accuracy": 80.0}]
    rows += [{"model": "ViT", "seed": 0, "change": "shuffled", "strength": s, "accuracy": a}
             for s, a in ((2, 60.0), (4, 40.0), (7, 20.0))]  # fmt: skip
    assert robustness.kept(rows, "ViT", "shuffled") == [50.0]


def withstood(**kept) -> list[dict]:
    """A made table of robustness: clean all have 80 %, and what they keep of it differs."""
    rows = []
    for model, part in ({BAG: 0.5} | kept).items():
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
    assert found[0].words.startswith("clean: the ViT (80.0 %) above the ResNet (80.0 %)")


def test_one_change_that_is_not_withstood_is_told():
    rows = withstood(**{VIT: 0.95, RESNET: 0.5})
    for row in rows:
        if row["model"] == VIT and row["change"] == "turned":
            row["accuracy"] = 10.0
    clean, *held, bag = [finding.holds for finding in robustness.findings(rows)]
    assert clean is None and bag is False and held == [
        True, True, *(change != "turned" for change in robustness.SHOWN)
    ]  # fmt: skip


def test_what_places_are_worth_and_the_move_that_was_shown():
    """Means of the committed table, worked out apart from this code."""
    found = robustness.findings(committed("robustness").rows)
    moved, bag = found[6], found[-1]
    salient, others = found[4:6]
    assert salient.words.startswith("most salient hidden: the ViT (28.9 % kept)")
    assert others.words.startswith("least salient hidden: the ViT (81.3 % kept)")
    assert salient.control and others.control
    assert moved.words.endswith("spread 3.02; by 1 pixel alone, 98.4 and 99.4 % kept")
    assert bag.control and bag.holds is False
    assert "yes: noisy (86.3 and 54.7 % kept)" in bag.words
    assert "no: moved (73.3 and 94.2 % kept), shuffled (21.5 and 71.7 % kept)" in bag.words


def test_sizes_are_told_as_they_are():
    counts = [parameter_count(fresh(pool.cell(m, 0, FULL)).model.config) for m in (VIT, RESNET)]
    told = "The ViT has {:,} parameters, and the ResNet fewer: {:,} (counted".format(*counts)
    assert told in robustness.EXPERIMENT.claim and told in patch.EXPERIMENT.claim


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


def patched(made_keeps: dict, noise: float = 0.9) -> list[dict]:
    """A made table: what each model keeps of 80 % under the patch made on each, and under noise."""
    return [{"made on": made, "model": m, "seed": s, "clean": 80.0, "accuracy": 80 * a / 100}
            for made in (*RIVALS, patch.NOISE) for m in RIVALS
            for s, a in spread_out(100 * made_keeps.get((made, m), noise))]  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "held"),
    [
        ({(VIT, VIT): 0.8, (RESNET, RESNET): 0.2, (HYBRID, HYBRID): 0.5, (VIT, RESNET): 0.7},
         [True, True, True, None, True]),
        ({(VIT, VIT): 0.2, (RESNET, RESNET): 0.8, (HYBRID, HYBRID): 0.5, (RESNET, VIT): 0.7},
         [True, False, False, None, True]),
        ({}, [None, None, None, None, None]),
    ],
)  # fmt: skip
def test_patches_on_made_tables(kept, held):
    assert [finding.holds for finding in patch.findings(patched(kept))] == held


def test_that_patches_work_does_not_speak_for_the_claim():
    """A ViT that withstands nothing, of which noise is withstood, agrees in nothing."""
    kept = {(VIT, VIT): 0.2, (RESNET, RESNET): 0.8, (HYBRID, HYBRID): 0.5, (RESNET, VIT): 0.1}
    found = patch.findings(patched(kept))
    assert found[0].holds and verdict(found, {}).word == "does not agree"
    assert verdict(found, {}).sentence.startswith("Does not agree: as a control, under noise each")
