"""The model that lesson 18 reads gives timm's own logits, which are stored beside it.

someone_elses_weights.py made both.
"""

import numpy as np
from safetensors.numpy import load_file

import minivit
from minivit.course.finding import lesson_folder

FOLDER = lesson_folder() / "results" / "18_timm"


def test_the_files_agree():
    model, answers = minivit.load(FOLDER), load_file(FOLDER / "answers.safetensors")
    low, high = (np.float32(model.preprocessing[name]) for name in ("low", "high"))
    data = minivit.load_dataset("shapes-by-colour")
    levels = data.test.images.levels[:400].astype(np.float32) / 255
    logits = model.logits(low + (high - low) * levels)
    expected = answers["logits"]
    assert np.abs(logits[: len(expected)] - expected).max() < 1e-5 * np.abs(expected).max()
    assert (logits.argmax(axis=1) == data.test.labels[:400]).mean() > 0.95
    assert model.class_names == data.class_names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 100_000
