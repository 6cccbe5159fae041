import numpy as np
import pytest

from minivit import InputError, ViT, variant
from minivit.models import ResNet, ViTConfig
from minivit.ops import muon_step
from minivit.optim import Adam, Muon

MODEL = variant("digits", depth=2, width=16, heads=2, mlp=24, classes=3)
MATRICES = {f"blocks.{i}.{name}" for i in (0, 1)
            for name in ("attention.w_qkv", "attention.w_out", "mlp.w1", "mlp.w2")}  # fmt: skip


def filled(model, seed):
    model.gradients.flat[:] = np.random.default_rng(seed).standard_normal(model.layout.size)
    return model.gradients


def test_the_blocks_matrices_step_by_muon_and_the_rest_by_adamw():
    model, other = (ViT(MODEL, dtype=np.float64, zero_head=False) for _ in range(2))
    muon = Muon(model.parameters, momentum=0.8, beta1=0.7, weight_decay=0.1)
    adam = Adam(other.parameters, beta1=0.7, weight_decay=0.1)
    p = {name: other.parameters[name].copy() for name in MATRICES}
    v = {name: np.zeros_like(array) for name, array in p.items()}
    for step in range(3):
        filled(other, step)
        for name in MATRICES:
            muon_step(p[name], other.gradients[name], v[name], learning_rate=0.01, momentum=0.8,
                      weight_decay=0.1, scale=0.5, matrices=3 if "qkv" in name else 1)  # fmt: skip
        adam.step(other.gradients, 0.01, scale=0.5)
        muon.step(filled(model, step), 0.01, scale=0.5)
    for name, array in model.parameters.items():
        expected = p.get(name, other.parameters[name])
        assert np.array_equal(array, expected), name
    assert set(muon.moments["velocity"]) == MATRICES
    assert set(muon.moments["first_moment"]) == set(model.parameters) - MATRICES
    assert muon.steps == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"positions": "relative", "positions_at": "every-layer"},
        {"pre_logits": 5, "pool": "sequence", "patch_norm": True},
        {"axial": True, "positions": "learned-2d"},
        {"heads": 1, "out_projection": False},
    ],
)
@pytest.mark.parametrize("beginning", ["google", "mimetic", "truncated-normal"])
def test_only_matrices_between_tokens_of_a_block_are_declared_so(changes, beginning):
    config = variant("digits", **{"depth": 1, "width": 16, "heads": 2, "mlp": 24} | changes)
    layout = ViT(config, seed=None, beginning=beginning).layout
    for name, parameter in layout.parameters.items():
        kind = name.rpartition(".")[2]
        count = {"w_qkv": 3, "w_out": 1, "w1": 1, "w2": 1}.get(kind, 0)
        assert parameter.matrices == count * name.startswith("blocks."), name
        if count:
            assert len(parameter.shape) == 2 and parameter.shape[1] % count == 0


def test_filters_step_as_one_matrix():
    config = variant("resnet-28", root=4, stages=None, norm="batch", groups=32, root_side=2)
    model = ResNet(config, seed=0, dtype=np.float64)
    optimiser, name = Muon(model.parameters, momentum=0.8), "root.convolution.w"
    by_hand, g = (a[name].reshape(4, 4).copy() for a in (model.parameters, filled(model, 0)))
    muon_step(by_hand, g, np.zeros((4, 4)), learning_rate=0.01, momentum=0.8)
    optimiser.step(model.gradients, 0.01)
    assert np.array_equal(model.parameters[name], by_hand.reshape(2, 2, 1, 4))
    assert list(optimiser.velocity) == [name]
    standardised = ResNet(variant("resnet-28")).layout.parameters
    assert not any(parameter.matrices for parameter in standardised.values())


def test_a_model_without_blocks_has_adamw_alone():
    config = ViTConfig((4, 4), 1, (2, 2), width=8, depth=0, heads=2, mlp=16, classes=3)
    model, other = ViT(config), ViT(config)
    Muon(model.parameters).step(filled(model, 0), 0.01)
    Adam(other.parameters).step(filled(other, 0), 0.01)
    assert np.array_equal(model.parameters.flat, other.parameters.flat)


def test_a_momentum_that_makes_no_sense():
    with pytest.raises(InputError, match=r"momentum is 1\.5: expected a number from 0 to below 1"):
        Muon(ViT(MODEL).parameters, momentum=1.5)
