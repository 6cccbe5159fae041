"""Makes resized_positions.npz: what the big projects make of a grid of positions, in float64.

    PYTHONPATH=. python tests/checkpoints/resized_positions.py

It needs SciPy and PyTorch. Each project resizes by one call, which is repeated here with its
options: Google's checkpoint.py (zoom, order 1), timm's resample_abs_pos_embed (bicubic, antialias)
and its loader of Google's files (bilinear, no antialias), and interpolate_pos_encoding of
transformers (bicubic, no antialias).
"""

from pathlib import Path

import numpy as np
import scipy.ndimage
import torch

FILE = Path(__file__).with_suffix(".npz")
WIDTH = 2
# From which grid to which; Google's takes the square ones alone.
CASES = (((3, 3), (5, 5)), ((4, 4), (6, 6)), ((5, 5), (3, 3)), ((6, 6), (1, 1)), ((1, 1), (3, 3)),
         ((14, 14), (61, 61)), ((3, 4), (5, 9)), ((4, 3), (9, 5)), ((7, 5), (3, 8)),
         ((2, 6), (6, 2)))  # fmt: skip
TORCH = {
    "timm": {"mode": "bicubic", "antialias": True},
    "timm-npz": {"mode": "bilinear", "antialias": False},
    "huggingface": {"mode": "bicubic", "align_corners": False},
}


def by_torch(grid: np.ndarray, new: tuple[int, int], options: dict) -> np.ndarray:
    images = torch.from_numpy(grid).permute(2, 0, 1)[None]  # (1, D, rows, columns)
    moved = torch.nn.functional.interpolate(images, size=new, **options)
    return moved[0].permute(1, 2, 0).numpy()


def by_scipy(grid: np.ndarray, new: tuple[int, int]) -> np.ndarray:
    zoom = (new[0] / grid.shape[0], new[1] / grid.shape[1], 1)
    return scipy.ndimage.zoom(grid, zoom, order=1)


def main() -> None:
    rng, arrays = np.random.default_rng(0), {}
    for old, new in CASES:
        case = f"{old[0]}x{old[1]} to {new[0]}x{new[1]}"
        grid = rng.normal(size=(*old, WIDTH)).round(3)
        arrays[f"{case}/table"] = grid.reshape(-1, WIDTH)
        made = {name: by_torch(grid, new, options) for name, options in TORCH.items()}
        if old[0] == old[1] and new[0] == new[1]:
            made["google"] = by_scipy(grid, new)
        for name, moved in made.items():
            if len(moved) > 20:  # of a large grid some rows, so that the file is small
                moved = moved[::12]
            arrays[f"{case}/{name}"] = moved
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
