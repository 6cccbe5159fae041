"""Weights rounded for snapshots: by hand, and as near as they can be."""

import numpy as np
import pytest
from looked_at import build

from minivit.figures.page.rounding import KINDS, rounded, rounded_bytes, rounded_model


def test_a_matrix_in_int8_by_hand():
    w = np.array([[127.0, -0.5], [-63.4, 0.25], [0.4, 0.0]])
    content, numbers = rounded(w, "int8")
    scales, q = np.frombuffer(content[:8], "<f4"), np.frombuffer(content[8:], np.int8)
    assert scales.tolist() == [1.0, np.float32(0.5 / 127)]
    assert q.tolist() == [127, -127, -63, 64, 0, 0]  # 63.5 goes to the even 64
    assert numbers[:, 0].tolist() == [127, -63, 0]
    assert numbers[1, 1] == 64 * float(np.float32(0.5 / 127))


def test_a_number_in_half_precision_by_hand():
    content, numbers = rounded(np.array([1.0, -2.0 - 2.0**-8, 2.0**-24, 65504, 1 / 3]), "float16")
    halves = np.frombuffer(content, "<u2").tolist()
    assert halves == [0x3C00, 0xC002, 0x0001, 0x7BFF, 0x3555]
    assert numbers.tolist() == [1, -2.00390625, 2.0**-24, 65504, 0x555 / 4096]


def test_vectors_keep_float32_beside_int8():
    vector = np.array([1 / 3, 1e-30, 7.0])
    content, numbers = rounded(vector, "int8")
    assert np.array_equal(numbers, vector.astype(np.float32)) and len(content) == 12


def test_each_number_is_at_most_half_a_step_off():
    w = np.random.default_rng(0).normal(size=(30, 8)) * np.logspace(-6, 4, 8)
    w[:, 3] = 0
    off = np.abs(rounded(w, "int8").numbers - w).max(axis=0)
    step = np.abs(w).max(axis=0) / 127
    assert (off <= step * (0.5 + 1e-4)).all() and off[3] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_known_before(kind):
    model = build(positions="learned-2d", pool="mean")
    content, made = rounded_model(model, kind)
    assert len(content) == rounded_bytes(model.layout.shapes, kind)
    assert made.config == model.config and made.dtype == np.float64
    off = np.abs(made.parameters.flat - model.parameters.flat).max()
    assert 0 < off < 0.01
