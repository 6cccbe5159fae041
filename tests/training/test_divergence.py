import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, train
from minivit.training import Training, save_run


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


def test_divergence_in_an_intermediate_is_named():
    training = Training(recipe(), small_data())
    training.model.parameters["blocks.0.mlp.w2"][:] = 3e38
    training.model.parameters["blocks.0.mlp.b1"][:] = 3e2
    with pytest.raises(InputError, match=r"first tensor .* is 'blocks\.0\.mlp\.out'"):
        train(training.config, training.data, training=training)
