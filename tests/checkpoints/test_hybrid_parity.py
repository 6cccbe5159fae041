"""Google's hybrid gives Google's own logits and gradients, which are stored (hybrid_parity.py)."""

from pathlib import Path

import numpy as np
import pytest

import minivit
from minivit import InputError
from minivit.checkpoints.foreign.google import GOOGLE
from minivit.checkpoints.foreign.table import written

STORED = dict(np.load(Path(__file__).with_name("hybrid_parity.npz")))


def stored(kind: str) -> dict[str, np.ndarray]:
    found = {key: array for key, array in STORED.items() if key.startswith(f"{kind}:")}
    return {key.removeprefix(f"{kind}:"): array for key, array in found.items()}


def loaded(folder: Path, weights: dict[str, np.ndarray]) -> minivit.ViT:
    np.savez(folder / "weights.npz", **weights)
    return minivit.load(folder)


@pytest.mark.usefixtures("ops")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_and_gradients_are_googles_own(tmp_path, dtype):
    weights = {name: array.astype(dtype) for name, array in stored("weights").items()}
    model, tolerance = loaded(tmp_path, weights), {np.float32: 2e-4, np.float64: 1e-10}[dtype]
    logits, cache = model.forward(STORED["images"].astype(dtype))
    assert np.abs(logits - STORED["logits"]).max() < tolerance * np.abs(STORED["logits"]).max()
    model.backward(STORED["dlogits"].astype(dtype), cache)
    found = written(GOOGLE.rows(model.config), model.config, model.gradients)
    expected = GOOGLE.today(stored("gradients"))
    assert set(found) == set(expected)
    largest = max(np.abs(gradient).max() for gradient in expected.values())
    for name, gradient in found.items():  # stored in float32
        allowed = max(tolerance, 1e-6) * max(np.abs(expected[name]).max(), 1e-2 * largest)
        assert np.abs(gradient - expected[name]).max() < allowed, name


def test_what_the_shapes_tell(tmp_path):
    config = loaded(tmp_path, stored("weights")).config
    assert (config.image, config.channels, config.patch) == ((16, 16), 3, (1, 1))
    assert (config.root, config.root_side, config.stages) == (32, 3, (1,))


def test_norms_with_axes_in_front(tmp_path):
    weights = stored("weights")
    deep = {k: a.reshape(1, 1, 1, -1) if "gn" in k else a for k, a in weights.items()}
    (tmp_path / "deep").mkdir()
    model, other = loaded(tmp_path, weights), loaded(tmp_path / "deep", deep)
    assert np.array_equal(model.parameters.flat, other.parameters.flat)


def test_it_is_exported_as_it_was_read(tmp_path):
    weights = stored("weights")
    with pytest.warns(match="says nothing of how a picture becomes an input"):
        minivit.export(loaded(tmp_path, weights), "google", tmp_path / "there")
    again = dict(np.load(tmp_path / "there" / "weights.npz"))
    theirs = GOOGLE.today(weights)
    assert {k: a.shape for k, a in again.items()} == {k: a.shape for k, a in theirs.items()}
    assert all(np.array_equal(array, theirs[key]) for key, array in again.items())


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"block1/unit1/conv2/kernel": None}, "missing: block1/unit1/conv2/kernel"),
        ({"block2/unit1/conv2/kernel": (3, 3, 32, 32)}, "missing: "),
        ({"conv_root/kernel": (3, 5, 3, 32)}, "conv_root/kernel has windows of 3x5"),
        ({"conv_root/kernel": (3, 3, 3, 48)}, "root is 48 and groups is 32"),
        ({"block1/unit999/conv2/kernel": (3, 3, 32, 32)}, "missing: "),
        ({"block1/unit1/gn1/scale": (5,)}, r"gn1/scale \(5,\) instead of \(32,\)"),
    ],
)
def test_a_damaged_backbone_is_refused(tmp_path, changed, sentence):
    weights = stored("weights")
    for name, shape in changed.items():
        weights.pop(name, None)
        if shape is not None:
            weights[name] = np.ones(shape)
    with pytest.raises(InputError, match=sentence):
        loaded(tmp_path, weights)
