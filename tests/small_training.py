"""A recipe and data so small that a test may train."""

from minivit import TrainingConfig, variant
from minivit.data import Dataset, Split, load_dataset

SMALL = variant("digits", width=16, depth=1, heads=2, mlp=16)
# Together they change every option; so what is kept of a model, or goes on, is tried with each.
EVERY_OPTION = [
    {"positions": "learned-2d", "positions_at": "every-layer", "top_k": 3,
     "stochastic_depth": 0.1, "dropout": 0.2, "attention_dropout": 0.3},
    {"positions": "sincos-2d", "pool": "sequence", "cls_token": True, "pre_logits": 5,
     "norm_after_pool": True},
    {"pool": "flatten", "cls_token": False},
    {"positions": "relative", "stochastic_depth": 0.1, "window": 3},
    {"positions": "relative", "positions_at": "every-layer-shared", "axial": True},
    {"stride": 1, "patch_norm": True, "heads": 3, "head_width": 7, "qkv_bias": False},
    {"heads": 1, "out_projection": False, "gelu": "tanh", "eps": 1e-5},
    {"root": 4, "root_side": 3, "root_stride": 1, "root_pool": False, "groups": 2, "stages": (1,)},
    {"root": 4, "root_side": 3, "root_stride": 1, "unit": "plain", "norm": "batch", "patch": 1},
    {"objective": "masked-patches", "masked": 0.4, "pool": "mean"},
    {"objective": "mae", "decoder_width": 8, "decoder_depth": 2, "normalised_pixels": True},
    {"positions": "learned-2d", "positions_at": "every-layer-shared"},
]  # fmt: skip
# The same of what a recipe does with images.
EVERY_CHANGE = [
    {"flip": "alternating", "rotation": 10.0, "shift_fill": "reflect", "mixup": 0.4},
    {"flip": "random", "shift": 0, "brightness": 0.3, "contrast": 0.4, "erasing": 0.5},
    {"mixup": 0.2, "cutmix": 1.0, "smoothing": 0.2},
]
# The same for a recipe's: what each optimiser remembers, frozen places, an average, parts.
EVERY_RECIPE = [
    {"optimiser": "adam", "schedule": "linear", "beta1": 0.8},
    {"optimiser": "sgd", "learning_rate": 0.05, "nesterov": True, "average": 0.9},
    {"optimiser": "sgd", "learning_rate": 0.05, "momentum": 0.0, "schedule": "constant"},
    {"optimiser": "muon", "freeze": "embed,blocks.0", "average": 0.99},
    {"freeze": "blocks.1.attention", "average": 0.95, "accumulate": 3, "hold_out": 0.2},
]


def small_data(images: int = 96, test: int = 20) -> Dataset:
    data = load_dataset("digits")
    return data._replace(
        train=Split(data.train.images[:images], data.train.labels[:images]),
        test=Split(data.test.images[:test], data.test.labels[:test]),
    )


def recipe(**changes) -> TrainingConfig:
    return TrainingConfig(**({"model": SMALL, "epochs": 3, "batch": 20} | changes))
