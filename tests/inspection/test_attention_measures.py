import numpy as np
import pytest
from looked_at import KINDS, build, drawn_attention, images_for

import minivit
from minivit.inspection import (
    attention_entropy,
    attention_maps,
    cls_share,
    head_measures,
    mean_attention_distance,
    patch_distances,
)

# Worked out beforehand, apart from this code: the mean of all distances in a grid.
MEANS = {
    (14, 14, 16, 16): 116.49222709176634,
    (7, 7, 4, 4): 14.437861767102044,
    (4, 4, 2, 2): 4.016029938760175,
    (2, 3, 3, 5): 5.178023366511239,
}


def even(N, has_cls):
    return np.full((1, 1, 1, N + has_cls, N + has_cls), 1 / (N + has_cls))


@pytest.mark.parametrize("sides", MEANS)
def test_even_attention_looks_as_far_as_the_mean(sides):
    grid, step, N = sides[:2], sides[2:], sides[0] * sides[1]
    for has_cls, raw in ((True, N / (N + 1)), (False, 1)):
        A = even(N, has_cls)
        found = mean_attention_distance(A, grid, step, has_cls=has_cls)
        assert found.item() == pytest.approx(raw * MEANS[sides], rel=1e-13)
        found = mean_attention_distance(A, grid, step, has_cls=has_cls, renormalise=True)
        assert found.item() == pytest.approx(MEANS[sides], rel=1e-13)


def test_who_looks_at_itself_looks_nowhere_and_at_the_neighbour_a_step():
    grid, step, N = (3, 4), (2, 5), 12
    itself = np.eye(N)[None, None, None]
    assert mean_attention_distance(itself, grid, step, has_cls=False).item() == 0
    right = np.zeros((N, N))
    for patch in range(N):
        right[patch, patch + (patch % 4 != 3)] = 1  # the last of a row looks at itself
    found = mean_attention_distance(right[None, None, None], grid, step, has_cls=False)
    assert found.item() == 5 * 3 / 4


def test_a_transposed_image_keeps_the_distance():
    grid, step = (2, 3), (3, 5)
    order = np.arange(6).reshape(grid).T.ravel()
    A = drawn_attention(0, tokens=6)
    found = mean_attention_distance(A, grid, step, has_cls=False)
    turned = A[..., order, :][..., order]
    again = mean_attention_distance(turned, grid[::-1], step[::-1], has_cls=False)
    np.testing.assert_allclose(again, found, rtol=1e-13)
    assert found.shape == (3, 2)


def test_distances_are_those_of_corners():
    D = patch_distances((2, 3), (3, 4))
    assert D[0, 5] == np.hypot(3, 8) and D[1, 3] == 5 and D[0, 2] == 8
    assert np.array_equal(D, D.T) and not D.diagonal().any()


def test_a_patch_that_sees_only_cls_is_left_out_of_the_renormalised_mean():
    A = np.zeros((1, 1, 2, 3, 3))
    A[..., 0] = 1  # all look at cls
    A[0, 0, 0, 1] = [0.5, 0.25, 0.25]  # in head 0 the first patch looks at both, too
    assert mean_attention_distance(A, (1, 2), (4, 4)).tolist() == [[0.5, 0]]
    assert mean_attention_distance(A, (1, 2), (4, 4), renormalise=True).tolist() == [[2, 0]]
    assert cls_share(A).tolist() == [[0.75, 1]]


def test_entropy_is_in_bits():
    assert attention_entropy(even(16, True)).item() == pytest.approx(4.087462841250339, rel=1e-14)
    rows = np.array([[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0.25, 0.25, 0.25, 0.25], [0, 0, 0, 1]])
    for row, bits in zip(rows, (0, 1, 2, 0), strict=True):
        A = np.broadcast_to(row, (2, 1, 1, 4, 4))
        assert str(attention_entropy(A).item()) == str(float(bits))
    assert attention_entropy(rows[None, None, None]).item() == 0.75  # the mean over all queries


@pytest.mark.parametrize("kind", KINDS)
def test_the_measures_of_a_model_are_those_of_its_attention(kind):
    model = build(**KINDS[kind])
    images, c = images_for(model, 5), model.config
    A = attention_maps(model, images)
    found = head_measures(model, images)
    steps = {"overlap": (1, 3), "hybrid": (4, 4), "batch norm": (4, 4), "plain units": (8, 8)}
    step = steps.get(kind, (2, 2))  # pixels
    distance = mean_attention_distance(A, c.grid, step, has_cls=c.has_cls)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-12)
    np.testing.assert_allclose(found.entropy, attention_entropy(A), rtol=1e-12)
    share = A[:, :, :, 1:, 0].mean(axis=(0, 3)) if c.has_cls else 0 * distance
    np.testing.assert_allclose(found.cls_share, share, rtol=1e-12)
    np.testing.assert_allclose(found.keys, 2**found.entropy, rtol=1e-12)
    assert found.keys.min() >= 1 and found.keys.max() <= c.tokens and found.images == 5


def test_batches_change_nothing(monkeypatch):
    model = build()
    images = images_for(model, 7)
    found = head_measures(model, images, renormalise=True)
    monkeypatch.setattr("minivit.inspection.recording.BATCH", 3)
    for one, other in zip(head_measures(model, images, renormalise=True), found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_without_images_a_sentence_says_so():
    model = build()
    with pytest.raises(minivit.InputError, match="there are no images"):
        head_measures(model, images_for(model, 0))
