"""`fashion-small`: 6,000 images of Fashion-MNIST, embedded, for lessons that need clothes.

H. Xiao, K. Rasul and R. Vollgraf 2017, "Fashion-MNIST: a novel image dataset for benchmarking
machine learning algorithms"; MIT licence (see embedded/FASHION-LICENSE).

The images were chosen without chance, evenly spread over the files, with

    python -c "from minivit.data.fashion_small import choose; choose('FOLDER')"

where FOLDER holds the four files of Fashion-MNIST.
"""

import io
from importlib import resources
from pathlib import Path

import numpy as np

from minivit.data.dataset import Dataset, Split, spread
from minivit.data.known import CLOTHES
from minivit.data.sources import Levels
from minivit.files import replacing

FILE = "embedded/fashion-small.npz"
OF_EACH_CLASS = {"train": 500, "test": 100}
SIDE = 28


def load_fashion_small() -> Dataset:
    """5,000 images to train, 1,000 to test, as many of each class; levels 0..255 become -1..1."""
    packed = resources.files("minivit.data").joinpath(FILE).read_bytes()
    splits = []
    with np.load(io.BytesIO(packed)) as arrays:
        for part in OF_EACH_CLASS:
            levels, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
            images = Levels(levels[..., None], low=-1.0, high=1.0)
            splits.append(Split(images, labels.astype(np.int64)))
    form = {"height": SIDE, "width": SIDE, "channels": 1, "low": -1.0, "high": 1.0, "ink": "any"}
    name = "fashion-small"
    return Dataset(name, list(CLOTHES), {"dataset": name, **form}, *splits)


def choose(folder: str | Path) -> None:
    """Write the embedded file anew from the four files in `folder`."""
    from minivit.data.readers import read

    data, arrays = read(folder, "fashion"), {}
    for part, each in OF_EACH_CLASS.items():
        images, labels = getattr(data, part)
        mask = spread(labels, each)
        arrays[f"{part}_images"] = images.levels[mask][..., 0]
        arrays[f"{part}_labels"] = labels[mask].astype(np.uint8)
    with replacing(Path(__file__).parent / FILE) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
