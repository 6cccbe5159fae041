import numpy as np
import pytest

from minivit import InputError, ViT, variant
from minivit.optim import SGD

MODEL = variant("digits", depth=1, width=16, mlp=16)


def filled(model, seed):
    model.gradients.flat[:] = np.random.default_rng(seed).standard_normal(model.layout.size)
    return model.gradients


def test_steps_name_by_name():
    model = ViT(MODEL, dtype=np.float64)
    sgd = SGD(model.parameters, momentum=0.8, nesterov=True, weight_decay=0.1)
    expected = {name: array.copy() for name, array in model.parameters.items()}
    velocity = {name: 0.0 for name in expected}
    for step in range(3):
        gradients = filled(model, step)
        for name, p in expected.items():
            g = 0.5 * gradients[name] + (0.1 * p if model.layout.is_decayed(name) else 0.0)
            velocity[name] = 0.8 * velocity[name] + g
            expected[name] = p - 0.01 * (g + 0.8 * velocity[name])
        sgd.step(gradients, 0.01, scale=0.5)
    for name, array in expected.items():
        assert np.allclose(model.parameters[name], array, rtol=1e-12, atol=1e-14), name
        assert np.allclose(sgd.moments["velocity"][name], velocity[name], rtol=1e-12), name


def test_without_momentum_nothing_is_remembered():
    assert SGD(ViT(MODEL).parameters, momentum=0.0).moments == {}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"momentum": 1.0}, "momentum is 1.0: expected a number from 0 to below 1"),
        ({"weight_decay": -1.0}, "weight decay is -1.0: expected 0 or more"),
        ({"momentum": 0.0, "nesterov": True}, "along the momentum, which is 0"),
    ],
)
def test_options_that_make_no_sense(options, sentence):
    with pytest.raises(InputError, match=sentence):
        SGD(ViT(MODEL).parameters, **options)
