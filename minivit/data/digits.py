"""The embedded data set: 1,797 real handwritten digits of 8x8 pixels.

E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository 1998, CC BY 4.0 (see embedded/SOURCE.txt).
"""

import gzip
from importlib import resources

import numpy as np

from minivit.data.dataset import Dataset, Split, spread

SIDE, BRIGHTEST, TEST_OF_EACH_CLASS = 8, 16, 36


def load_digits() -> Dataset:
    """1,437 images to train and 360 to test, 36 of each digit; pixels 0..16 become -1..1."""
    packed = resources.files("minivit.data").joinpath("embedded/digits.csv.gz").read_bytes()
    rows = np.array([line.split(b",") for line in gzip.decompress(packed).split()], np.int64)
    images = (rows[:, :-1] * (2 / BRIGHTEST) - 1).astype(np.float32).reshape(-1, SIDE, SIDE, 1)
    labels = rows[:, -1]
    test = spread(labels, TEST_OF_EACH_CLASS)
    return Dataset(
        name="digits",
        class_names=[str(digit) for digit in range(10)],
        preprocessing={
            "dataset": "digits",
            "height": SIDE,
            "width": SIDE,
            "channels": 1,
            "low": -1.0,  # black
            "high": 1.0,  # white
            "ink": "bright",  # bright strokes on a dark ground
        },
        train=Split(images[~test], labels[~test]),
        test=Split(images[test], labels[test]),
    )
