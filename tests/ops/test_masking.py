"""Which patches are hidden, and what stands where: from a seed and an image's number alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit import InputError
from minivit.ops.masking import (
    MASK,
    WAYS,
    Masking,
    hidden_patches,
    sources,
    visible_patches,
)

counts = st.integers(1, 12).flatmap(lambda N: st.tuples(st.just(N), st.integers(0, N)))


@given(counts, st.integers(0, 3), st.integers(0, 2**64 - 1))
def test_hidden_and_visible_patches_are_all_patches_once(sizes, B, seed):
    masking = Masking(*sizes, seed)
    both = np.concatenate([hidden_patches(masking, B), visible_patches(masking, B)], axis=1)
    assert np.array_equal(np.sort(both, axis=1), np.tile(np.arange(sizes[0]), (B, 1)))
    assert hidden_patches(masking, B).shape == (B, sizes[1])


@given(counts, st.sampled_from(WAYS), st.integers(0, 2**32), st.booleans())
def test_a_batch_in_parts_draws_what_the_whole_batch_does(sizes, way, seed, has_cls):
    masking = Masking(*sizes, seed, first_image=2)
    parts = [sources(way, masking, 2, has_cls),
             sources(way, masking._replace(first_image=4), 3, has_cls)]  # fmt: skip
    assert np.array_equal(np.concatenate(parts), sources(way, masking, 5, has_cls))


def test_every_patch_is_hidden_as_often_as_another_and_with_any_other():
    masking, images = Masking(10, 4, seed=5), 20_000
    hidden = np.zeros((images, 10))
    np.put_along_axis(hidden, hidden_patches(masking, images), 1, axis=1)
    assert np.abs(hidden.mean(axis=0) - 0.4).max() < 0.015
    together = hidden.T @ hidden / images
    pairs = together[~np.eye(10, dtype=bool)]
    assert np.abs(pairs - 0.4 * 3 / 9).max() < 0.015


def test_corrupted_patches_become_the_token_another_patch_or_stay():
    """80 %, 10 %, 10 % (appendix B.1.2); the other patch is any other, and never itself."""
    masking, images = Masking(10, 5, seed=1), 20_000
    found = sources("corrupted", masking, images, has_cls=False)
    own = np.tile(np.arange(10), (images, 1))
    hidden = np.zeros(found.shape, bool)
    np.put_along_axis(hidden, hidden_patches(masking, images), True, axis=1)
    assert np.array_equal(found[~hidden], own[~hidden])
    share = {"token": found == MASK, "own": (found == own) & hidden,
             "other": (found != own) & (found != MASK)}  # fmt: skip
    shares = {name: which.sum() / hidden.sum() for name, which in share.items()}
    for name, expected in {"token": 0.8, "own": 0.1, "other": 0.1}.items():
        assert abs(shares[name] - expected) < 0.005, name
    offsets = (found - own)[share["other"]] % 10
    assert set(offsets) == set(range(1, 10))
    assert np.bincount(offsets)[1:].min() > 0.8 * np.bincount(offsets)[1:].max()


def test_a_single_patch_has_no_other_and_stays():
    found = sources("corrupted", Masking(1, 1, seed=3), 500, has_cls=True)
    assert np.array_equal(found[:, 0], np.zeros(500))
    assert set(found[:, 1]) == {1, MASK}


def test_what_was_visible_is_restored_to_its_place():
    masking = Masking(7, 4, seed=9)
    tokens = np.arange(8)  # cls is 0, patch n is n + 1
    visible = tokens[sources("visible", masking, 3, has_cls=True)]
    back = sources("restored", masking, 3, has_cls=True)
    restored = np.where(back == MASK, MASK, np.take_along_axis(visible, back, axis=1))
    hidden = tokens[sources("hidden", masking, 3, has_cls=True)]
    for row, missing in zip(restored, hidden, strict=True):
        assert np.array_equal(np.flatnonzero(row == MASK), missing)
        assert np.array_equal(row[row != MASK], np.setdiff1d(tokens, missing))


def test_another_way_and_too_many_hidden_patches_are_refused():
    with pytest.raises(InputError, match="way is 'gone': choose 'corrupted' or"):
        sources("gone", Masking(4, 2, 0), 1, has_cls=False)
    with pytest.raises(InputError, match=r"5 of 4 patches are hidden: .* from 0 to 4"):
        sources("hidden", Masking(4, 5, 0), 1, has_cls=False)
