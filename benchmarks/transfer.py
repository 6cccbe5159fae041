"""What a model that has learnt clothes brings to digits at a higher resolution, and how far up.

Fashion-MNIST's embedded part is learnt at 28 pixels in patches of 7. From there the embedded digits
are learnt, enlarged to 28 pixels times each of RATIOS, in patches of the same side; against from
scratch by the recipe of the digits: the same model, for as many steps of as many images, which is
as much time. Accuracies are those of the last epoch, on all test digits.
"""

import statistics

import numpy as np

from minivit import backend
from minivit.data import Dataset, Split, load_dataset
from minivit.training import Training, finetune, load_recipe, train

from .options import Options, need_kernels, progress
from .rows import row, show

SIDE, PATCH = 28, 7
RATIOS, SEEDS = (1.0, 1.5, 2.0, 3.0), (0, 1, 2)
LEARNT_FOR = {"epochs": 10}
GOES_ON_FOR = {"epochs": 6, "batch": 32}
SOME = 96  # images, for a test
COLUMNS = {
    "images": "case", "times the side": "times", "fine-tuned %": "ours", "seeds": "seeds",
    "from scratch %": "theirs", "its seeds": "their_seeds",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each of RATIOS: the mean accuracy over SEEDS."""
    need_kernels()
    ratios, seeds = (RATIOS[:2], SEEDS[:1]) if options.tiny else (RATIOS, SEEDS)
    clothes = in_memory(load_dataset("fashion-small"), options.tiny)
    digits = {
        ratio: in_memory(load_dataset("digits", image=round(SIDE * ratio)), options.tiny)
        for ratio in ratios
    }
    found = {ratio: ([], []) for ratio in ratios}
    with backend.use("numba"):
        for seed in seeds:
            progress(f"transfer: clothes, seed {seed}")
            learnt = clothes_of(clothes, seed).model
            for ratio, data in digits.items():
                progress(f"transfer: digits at {SIDE * ratio:g} pixels, seed {seed}")
                accuracies = both(learnt, data, seed)
                for of_one, accuracy in zip(found[ratio], accuracies, strict=True):
                    of_one.append(accuracy)
    return [of_seeds(ratio, *accuracies) for ratio, accuracies in found.items()]


def in_memory(data: Dataset, tiny: bool) -> Dataset:
    """The same with its images made once; only some of them for a test."""
    splits = (data.train, data.test)
    train, test = (
        Split(split.images[: SOME if tiny else None], split.labels[: SOME if tiny else None])
        for split in splits
    )
    return data._replace(train=train, test=test)


def clothes_of(data: Dataset, seed: int) -> Training:
    """The training at the lower resolution."""
    recipe = load_recipe("fashion-small")
    config = recipe.config(data, model={"patch": PATCH}, training=LEARNT_FOR | {"seed": seed})
    return train(config, data)


def both(learnt, data: Dataset, seed: int) -> tuple[float, float]:
    """The accuracies from what was learnt, and from scratch."""
    changes = GOES_ON_FOR | {"seed": seed}
    tuned = finetune(learnt, data, training=changes)
    scratch = train(load_recipe("digits").made(tuned.config.model, changes), data)
    tuned, scratch = (t.state.history[-1]["test_accuracy"] for t in (tuned, scratch))
    return tuned, scratch


def of_seeds(ratio: float, tuned: list[float], scratch: list[float]) -> dict:
    """A row of means, with the accuracy of each seed in words."""
    ours, theirs = map(statistics.fmean, (tuned, scratch))
    side = round(SIDE * ratio)
    return row(
        "transfer", f"{side}x{side}", "fine-tuned", ours, "accuracy", "from scratch", theirs,
        ours / max(theirs, np.finfo(float).tiny), times=ratio, seeds=in_words(tuned),
        their_seeds=in_words(scratch),
    )  # fmt: skip


def in_words(accuracies: list[float]) -> str:
    return ", ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    epochs = GOES_ON_FOR["epochs"]
    return (
        f"{show(rows, COLUMNS)}\n\nTest accuracy on digits after {epochs} epochs: from a model "
        f"that has learnt clothes at {SIDE}x{SIDE}, and from scratch. Patches of {PATCH}; the mean "
        "of the seeds, and each of them."
    )
