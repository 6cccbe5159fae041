import numpy as np
import pytest

from minivit import InputError
from minivit.ops.muon import orthogonalised


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (16, 48), (48, 16), (7, 1)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_singular_values_come_near_1_and_directions_stay(shape, scale):
    matrix = scale * drawn(*shape)
    found = orthogonalised(matrix)
    U, S, V = np.linalg.svd(matrix, full_matrices=False)
    left = U.T @ found @ V.T  # diagonal, if the directions are the same
    values = np.diagonal(left)
    large = S / np.linalg.norm(S) > 0.002
    assert large.any() and (values[large] > 0.68).all() and (values < 1.21).all()
    assert np.abs(left - np.diag(values)).max() < 1e-10


def test_a_gradient_of_0_moves_nothing(ops):
    p, zero, v = np.ones((3, 4)), np.zeros((3, 4)), np.zeros((3, 4))
    ops.muon_step(p, zero, v, learning_rate=0.1)
    assert (p == 1).all() and not v.any()


def test_follows_its_equations_for_several_steps(ops):
    p, v = drawn(6, 4), np.zeros((6, 4))
    right, velocity = p.copy(), v.copy()
    for step in range(4):
        g = drawn(6, 4, seed=step + 1)
        ops.muon_step(p, g, v, learning_rate=0.03, momentum=0.8, weight_decay=0.1, scale=0.5)
        velocity = 0.8 * velocity + 0.5 * g
        update = 0.2 * np.sqrt(6) * orthogonalised(0.5 * g + 0.8 * velocity)
        right = right - 0.03 * (update + 0.1 * right)
        assert np.abs(p - right).max() < 1e-13
        assert np.abs(v - velocity).max() < 1e-14


@pytest.mark.parametrize("shape", [(24, 24), (16, 48), (48, 16)])
def test_a_step_is_as_large_as_one_of_adamw(ops, shape):
    """A root mean square of about 0.2 times the rate, whatever the shape and the gradient."""
    p, v = np.zeros(shape), np.zeros(shape)
    ops.muon_step(p, 1e3 * drawn(*shape), v, learning_rate=1.0)
    assert 0.15 < np.sqrt((p**2).mean()) < 0.25


def test_matrices_side_by_side_step_as_if_alone(ops):
    p, g, v = drawn(5, 12), drawn(5, 12, seed=1), drawn(5, 12, seed=2)
    parts = [[np.ascontiguousarray(a[:, i : i + 4]) for a in (p, g, v)] for i in (0, 4, 8)]
    options = {"learning_rate": 0.1, "weight_decay": 0.1}
    ops.muon_step(p, g, v, matrices=3, **options)
    for i, part in enumerate(parts):
        ops.muon_step(*part, **options)
        for whole, alone in zip((p, g, v), part, strict=True):
            assert np.abs(whole[:, 4 * i : 4 * i + 4] - alone).max() < 1e-14


def test_leaves_the_gradients_alone_and_keeps_float32(ops):
    p, g, v = (drawn(8, 6, seed=s).astype(np.float32) for s in range(3))
    before = g.copy()
    ops.muon_step(p, g, v, learning_rate=0.1)
    assert np.array_equal(g, before)
    assert p.dtype == v.dtype == np.float32


def test_what_it_cannot_change_is_refused_and_nothing_has_changed(ops):
    p, g, v = np.ones((4, 6)), np.ones((4, 6)), np.zeros((4, 6))
    wrong = {
        "must be a matrix": [(p, g, np.zeros(24)), (p, g, np.zeros((4, 5))), (p.T, g, v),
                             (p, g, v.astype(np.float32)), ([1.0], g, v)],
        "gradients have the shape": [(p, np.ones((6, 4)), v)],
    }  # fmt: skip
    for sentence, cases in wrong.items():
        for given in cases:
            with pytest.raises(InputError, match=sentence):
                ops.muon_step(*given, learning_rate=0.1)
    for matrices in (0, 4):
        with pytest.raises(InputError, match=f"6 columns can't be shared out among {matrices}"):
            ops.muon_step(p, g, v, learning_rate=0.1, matrices=matrices)
    assert (p == 1).all() and not v.any()


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (1, 7)])
def test_small_and_large_matrices_take_the_same_step_on_the_kernels(monkeypatch, shape):
    """Small ones stay on one thread; where they end, the threaded product takes over."""
    from minivit.kernels import muon

    start, g = drawn(*shape), drawn(*shape, seed=1)
    found = []
    for small in (0, 10**6):
        monkeypatch.setattr(muon, "SMALL", small)
        p, v = start.copy(), np.zeros(shape)
        muon.muon_step(p, g, v, learning_rate=0.1)
        found.append(p)
    assert np.abs(found[0] - found[1]).max() < 1e-13 < np.abs(found[0] - start).max()
