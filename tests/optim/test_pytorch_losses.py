"""Step by step the losses of PyTorch's optimisers; pytorch_losses.py made the file."""

import json
from pathlib import Path

import numpy as np
import pytest

from minivit import TrainingConfig, ViTConfig
from minivit.data import Dataset, Split
from minivit.training import Training, train

STORED = json.loads(Path(__file__).with_name("pytorch_losses.json").read_text())


def begun(recipe) -> Training:
    model = {k: tuple(v) if isinstance(v, list) else v for k, v in STORED["model"].items()}
    config = TrainingConfig(
        model=ViTConfig(**model), epochs=STORED["steps"], batch=len(STORED["labels"]), shift=0,
        smoothing=STORED["smoothing"], **recipe,
    )  # fmt: skip
    split = Split(np.array(STORED["images"]), np.array(STORED["labels"]))
    data = Dataset("stored", [str(c) for c in range(3)], {}, split, split)
    training = Training(config, data, np.float64)
    for name, values in STORED["begin"].items():
        training.model.parameters[name] = np.array(values)
    return training


@pytest.mark.usefixtures("ops")
@pytest.mark.parametrize("case", STORED["cases"])
@pytest.mark.parametrize("parts", [1, 3])
def test_the_losses_are_pytorchs(case, parts):
    expected = STORED["cases"][case]["losses"]
    training, found = begun(STORED["cases"][case]["recipe"] | {"accumulate": parts}), []
    train(training.config, training.data, training=training,
          on_step=lambda _, loss: found.append(loss))  # fmt: skip
    assert len(found) == len(expected)
    assert expected[-1] < 0.95 * expected[0]  # it learns, so that there is something to compare
    assert np.abs(np.subtract(found, expected)).max() < 1e-9


def test_the_cases_differ_from_one_another():
    """A step that forgot an option would else give the losses of another case."""
    ends = sorted(case["losses"][-1] for case in STORED["cases"].values())
    assert min(np.diff(ends)) > 1e-5
