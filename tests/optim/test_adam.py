import copy
import pickle

import numpy as np
import pytest

from minivit import InputError, ViT, variant
from minivit.optim import Adam


def filled(model, seed):
    model.gradients.flat[:] = np.random.default_rng(seed).standard_normal(model.layout.size)
    return model.gradients


def test_steps_are_those_of_the_paper_name_by_name():
    """Kingma and Ba 2015, algorithm 1, with AdamW's decay, written out for one array at a time."""
    model = ViT(variant("digits", depth=1), dtype=np.float64)
    adam = Adam(model.parameters, weight_decay=0.1)
    expected = {name: array.copy() for name, array in model.parameters.items()}
    m = {name: 0.0 for name in expected}
    v = {name: 0.0 for name in expected}
    for t in (1, 2, 3):
        gradients = filled(model, t)
        for name, p in expected.items():
            g = 0.5 * gradients[name]
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g * g
            m_hat, v_hat = m[name] / (1 - 0.9**t), v[name] / (1 - 0.999**t)
            decay = 0.1 if model.layout.is_decayed(name) else 0.0
            expected[name] = p - 0.01 * decay * p - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)
        adam.step(gradients, 0.01, scale=0.5)
    for name, array in expected.items():
        assert np.allclose(model.parameters[name], array, rtol=1e-12, atol=1e-14), name


def test_decay_leaves_alone_what_is_not_declared_decayed():
    model = ViT(variant("digits", depth=1))
    model.parameters.flat[:] = 2
    Adam(model.parameters, weight_decay=0.5).step(model.gradients, 0.1)  # all gradients are 0
    shrunk = {name for name, array in model.parameters.items() if np.allclose(array, 0.95 * 2)}
    same = {name for name, array in model.parameters.items() if (array == 2).all()}
    declared = {name for name in model.parameters if model.layout.is_decayed(name)}
    assert shrunk == declared != set()
    assert same == set(model.parameters) - declared


def test_the_first_step_is_the_learning_rate_whatever_the_gradient():
    model = ViT(variant("digits", depth=1), dtype=np.float64)
    before = model.parameters.flat.copy()
    gradients = filled(model, 0)
    gradients.flat[np.abs(gradients.flat) < 1e-4] = 1e-4  # eps is 1e-8
    Adam(model.parameters).step(gradients, 0.01)
    step = before - model.parameters.flat
    assert np.allclose(step, 0.01 * np.sign(gradients.flat), rtol=1e-3)


@pytest.mark.parametrize("options", [{"beta1": 1.0}, {"beta2": -0.1}, {"weight_decay": -1.0}])
def test_options_that_make_no_sense(options):
    with pytest.raises(InputError, match=r"expected"):
        Adam(ViT(variant("digits", depth=1)).parameters, **options)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda adam: pickle.loads(pickle.dumps(adam))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_steps_and_its_original_stays(copied):
    model = ViT(variant("digits", depth=1))
    adam = Adam(model.parameters)
    adam.step(filled(model, 0), 0.01)
    roles = ("parameters", "first_moment", "second_moment")
    before = [getattr(adam, role).flat.copy() for role in roles]
    other = copied(adam)
    other.step(filled(model, 1), 0.01)
    assert (adam.steps, other.steps) == (1, 2)
    for role, kept in zip(roles, before, strict=True):
        assert np.array_equal(getattr(adam, role).flat, kept), role
        assert not np.array_equal(getattr(other, role).flat, kept), role
        arrays = getattr(other, role)
        assert all(np.shares_memory(array, arrays.flat) for array in arrays.values())
