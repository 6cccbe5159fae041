"""Makes hybrid_parity.npz: what Google's hybrid computes, in float64, as foreign_parity.py does.

    PYTHONPATH=. python tests/checkpoints/hybrid_parity.py

Needs jax and flax. The stored model has one unit, since there must be 32 channels at least. Beyond
it, larger models are compared at once, with strides and units without a convolution in the
shortcut.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import minivit
from benchmarks.computed import Computed, Task
from benchmarks.google_vit import google
from minivit.models import ViTConfig

FILE = Path(__file__).with_suffix(".npz")
HYBRID = ViTConfig((16, 16), 3, (1, 1), 8, 1, 2, 12, 3, gelu="tanh", root=32, root_side=3,
                   stages=(1,))  # fmt: skip
LARGER = {
    "R50's": {"image": (64, 64), "root_side": 7, "stages": (3, 4, 9)},
    "the root alone": {"image": (64, 64), "root_side": 7, "stages": None, "patch": (8, 8)},
    "no cls token": {"pool": "mean", "stages": (1, 2)},
}


def computed(c: ViTConfig) -> tuple[Task, Computed]:
    rng = np.random.default_rng(15)
    images = rng.uniform(-1, 1, (2, *c.image, c.channels))
    task = Task(images, rng.standard_normal((2, c.classes)), rng, spread=0.3)
    return task, google(c, task)


def apart(c: ViTConfig) -> float:
    """How far minivit's logits are from Google's, of the largest."""
    task, theirs = computed(c)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "weights.npz"), **theirs.weights)
        logits = minivit.load(folder).logits(task.images)
    return np.abs(logits - theirs.logits).max() / np.abs(theirs.logits).max()


if __name__ == "__main__":
    task, theirs = computed(HYBRID)
    arrays = {"images": task.images, "dlogits": task.dlogits, "logits": theirs.logits}
    arrays |= {f"weights:{name}": array for name, array in theirs.weights.items()}
    # In float32, which is close enough to compare with: the file is half as large.
    arrays |= {f"gradients:{name}": np.float32(array) for name, array in theirs.gradients.items()}
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
    for name, changes in LARGER.items():
        distance = apart(replace(HYBRID, **changes))
        print(f"{name:<16} {distance:.1e} of the largest logit")
        assert distance < 1e-9
