"""Moments of a training, which a cell keeps on its way."""

import pytest

from minivit import InputError, backend
from minivit.experiments.cell import Cell, Images
from minivit.experiments.kept import learnt
from minivit.experiments.work import fresh, learn

SMALL = {"width": 16, "depth": 1, "heads": 2, "mlp": 16}


def cell(**training):
    return Cell(Images("digits", train=40, test=20), "digits", 0, SMALL, {"epochs": 1, **training})


def test_moments_of_a_training_are_kept_on_its_way(tmp_path):
    """The same training as without them, from a model that has learnt nothing to the last one."""
    plain, seen = cell(), cell(snapshots=3)
    stale = tmp_path / "models" / seen.key / "snapshots" / "step-000007.safetensors"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of a training that was stopped")
    with backend.use("numpy"):
        for one in (plain, seen):
            learn(tmp_path, one)
        begun = fresh(plain).model
    without, along = (learnt(tmp_path, one) for one in (plain, seen))
    steps, models = zip(*along.moments, strict=True)
    assert steps == (0, 1, 2) and without.history == along.history  # 40 images, 32 in a batch
    first, second, last = (model.parameters.flat for model in models)
    assert (first == begun.parameters.flat).all()
    assert (last == without.model.parameters.flat).all() and (second != last).any()
    with pytest.raises(InputError, match="has no snapshots"):
        print(without.moments)
