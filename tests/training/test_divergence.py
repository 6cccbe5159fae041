import re
from dataclasses import replace

import numpy as np
import pytest
from small_training import SMALL, recipe, small_data

from minivit import InputError, train
from minivit.training import Diverged, Training, save_run
from minivit.training.divergence import advice


def test_divergence_names_the_first_tensor_and_keeps_the_checkpoint(tmp_path):
    training = Training(recipe(), small_data())
    save_run(training, tmp_path)
    kept = (tmp_path / "checkpoint.safetensors").read_bytes()
    training.model.parameters["blocks.0.mlp.w1"][3, 3] = np.inf
    with pytest.raises(InputError, match=r"first tensor .* is the parameter 'blocks\.0\.mlp\.w1'"):
        train(training.config, training.data, training=training)
    with pytest.raises(InputError, match=r"'blocks\.0\.mlp\.w1'"):
        save_run(training, tmp_path)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == kept


def test_a_buffer_that_is_not_finite_is_named_and_not_kept(tmp_path):
    normed = {"root": 4, "root_side": 3, "root_stride": 1, "norm": "batch", "patch": 1}
    training = Training(recipe(model=replace(SMALL, **normed)), small_data())
    training.model.buffers["root.convolution_norm.var"][0] = np.inf
    with pytest.raises(Diverged, match=r"first .* is the buffer 'root\.convolution_norm\.var'"):
        save_run(training, tmp_path)
    assert not list(tmp_path.iterdir())


def test_divergence_in_an_intermediate_is_named():
    training = Training(recipe(), small_data())
    training.model.parameters["blocks.0.mlp.w2"][:] = 3e38
    training.model.parameters["blocks.0.mlp.b1"][:] = 3e2
    with pytest.raises(InputError, match=r"first tensor .* is 'blocks\.0\.mlp\.out'"):
        train(training.config, training.data, training=training)


def test_divergence_at_the_end_of_an_epoch_is_named_without_a_warning():  # it would be an error
    def spoil(training, loss):
        if training.state.step == training.steps_per_epoch:
            training.model.parameters["blocks.0.mlp.w2"][:] = 3e38
            training.model.parameters["blocks.0.mlp.b1"][:] = 3e2

    with pytest.raises(Diverged, match=r"first tensor .* is 'blocks\.0\.mlp\.out'"):
        train(recipe(), small_data(), on_step=spoil)


@pytest.mark.parametrize("rate", [1e8, 1e20])
def test_plain_gradient_descent_that_diverges_warns_of_nothing(rate):
    with pytest.raises(Diverged, match="the learning rate is"):
        train(recipe(optimiser="sgd", learning_rate=rate, clip=1e30), small_data())


@pytest.mark.parametrize(
    ("absurd", "named"),
    [
        ({"learning_rate": 1e30}, "learning rate is 1e+30: try the usual 0.002"),
        ({"learning_rate": 1e30, "weight_decay": 0.0}, "learning rate is 1e+30"),
        ({"weight_decay": 1e30}, "weight decay is 1e+30: try the usual 0.05"),
        ({"position_std": 1e38}, "position std is 1e+38: try the usual 1"),
        ({"optimiser": "sgd", "learning_rate": 1e30}, "rate is 1e+30: try the usual 0.05"),
        ({"optimiser": "sgd", "weight_decay": 1e30}, "decay is 1e+30: try the usual 0.0001"),
        ({"optimiser": "muon", "learning_rate": 1e30}, "rate is 1e+30: try the usual 0.01"),
    ],
)
def test_the_advice_names_what_is_absurd_and_helps(absurd, named):
    with pytest.raises(Diverged, match=re.escape(named)) as raised:
        train(recipe(**absurd), small_data())
    name, value = re.search(
        r"the ([a-z ]+) is \S+: try the usual (\S+)$", str(raised.value)
    ).groups()
    followed = absurd | {name.replace(" ", "_"): float(value)}
    train(recipe(**followed), small_data())


def test_a_rate_that_is_usual_is_made_smaller():
    assert advice(recipe(), 7).endswith("is 0.002: try 0.0002")
    at_sgds = recipe(optimiser="sgd", learning_rate=0.05)
    assert advice(at_sgds, 7).endswith("is 0.05: try 0.005")
