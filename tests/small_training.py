"""A recipe and data so small that a test may train."""

from minivit import TrainingConfig, variant
from minivit.data import Dataset, Split, load_dataset

SMALL = variant("digits", width=16, depth=1, heads=2, mlp=16)
DROPPING = variant(
    "digits", width=16, depth=2, heads=2, mlp=16, dropout=0.1, attention_dropout=0.1,
    stochastic_depth=0.1,
)  # fmt: skip


def small_data(images: int = 96, test: int = 20) -> Dataset:
    data = load_dataset("digits")
    return data._replace(
        train=Split(data.train.images[:images], data.train.labels[:images]),
        test=Split(data.test.images[:test], data.test.labels[:test]),
    )


def recipe(**changes) -> TrainingConfig:
    return TrainingConfig(**({"model": SMALL, "epochs": 3, "batch": 20} | changes))
