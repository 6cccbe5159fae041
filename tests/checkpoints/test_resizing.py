"""Positions for another grid, against what SciPy and PyTorch make (resized_positions.py)."""

from pathlib import Path

import numpy as np
import pytest

from minivit.checkpoints.resizing import METHODS, SQUARE, resize_axis, resize_positions
from minivit.errors import InputError
from minivit.ops.positions import position_table

with np.load(Path(__file__).with_name("resized_positions.npz")) as stored:
    STORED = dict(stored)
CASES = [key for key in STORED if not key.endswith("/table")]


def grids(case: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """ "3x4 to 5x9" -> (3, 4), (5, 9)."""
    old, new = (tuple(map(int, grid.split("x"))) for grid in case.split(" to "))
    return old, new


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize("cls", [False, True])
def test_each_method_makes_what_its_project_makes(key, cls):
    case, method = key.split("/")
    old, new = grids(case)
    table = STORED[f"{case}/table"]
    given = np.concatenate([[[7.0, -7.0]], table]) if cls else table
    found = resize_positions(given, old, new, method=method)
    assert found.shape == (new[0] * new[1] + cls, 2)
    if cls:
        assert found[0].tolist() == [7.0, -7.0]
    patches = found[int(cls) :].reshape(*new, 2)
    if len(patches) > 20:
        patches = patches[::12]
    assert np.abs(patches - STORED[key]).max() < 2e-14


def test_all_methods_and_14_to_61_were_stored():
    assert {key.split("/")[1] for key in CASES} == set(METHODS)
    assert {f"14x14 to 61x61/{method}" for method in METHODS} <= set(CASES)


@pytest.mark.parametrize("method", METHODS)
def test_dtype_and_the_same_grid(method):
    table = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    same = resize_positions(table, (3, 3), (3, 3), method=method)
    assert np.array_equal(same, table) and same is not table
    assert resize_positions(table, (3, 3), (4, 4), method=method).dtype == np.float32
    constant = resize_positions(np.full((9, 1), 3.0), (3, 3), (7, 7), method=method)
    assert np.abs(constant - 3).max() < 1e-14


@pytest.mark.parametrize("method", [name for name in METHODS if name not in SQUARE])
def test_tables_of_rows_and_columns_are_resized_as_the_table_that_they_make(method):
    rng = np.random.default_rng(1)
    rows, columns = rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
    whole = resize_positions(position_table(rows, columns, None, (3, 5)), (3, 5), (7, 4),
                             method=method)  # fmt: skip
    parts = resize_axis(rows, 7, method=method), resize_axis(columns, 4, method=method)
    assert np.abs(position_table(*parts, None, (7, 4)) - whole).max() < 1e-14


@pytest.mark.parametrize(
    ("shape", "grid", "new", "method", "words"),
    [
        ((12, 2), (3, 4), (6, 8), "google", "'google' takes square grids alone"),
        ((9, 2), (3, 3), (6, 8), "google", "choose 'timm' or 'timm-npz' or 'huggingface'"),
        ((9, 2), (3, 3), (6, 6), "pil", "is 'pil': choose 'google' or"),
        ((11, 2), (3, 3), (6, 6), "timm", "expected 9 rows of floats, or 10"),
        ((9, 2, 1), (3, 3), (6, 6), "timm", "has no positions of a grid of 3x3"),
        ((9, 2), (3, 3), (0, 6), "timm", "a grid of patches is (0, 6)"),
        ((9, 2), (3, 3), (1 << 12, 1 << 12), "timm", "at most 1,048,576 patches"),
    ],
)
def test_what_cannot_be_resized_is_told(shape, grid, new, method, words):
    with pytest.raises(InputError) as caught:
        resize_positions(np.zeros(shape), grid, new, method=method)
    assert words in str(caught.value)
