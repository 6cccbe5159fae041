"""What a model that has learnt clothes brings to digits at a higher resolution, and how far up.

Fashion-MNIST's embedded part is learnt at 28 pixels in patches of 7. From there the embedded digits
are learnt, enlarged to 28 pixels times each of RATIOS, in patches of the same side. Beside it from
scratch: the same model in as many steps of as many images, which is as much time, once in the same
way and once by the recipe of the digits. Accuracies are of the last epoch, on all test digits.
"""

import statistics

import numpy as np

from minivit import ViT, backend
from minivit.data import Dataset, Split, load_dataset
from minivit.training import Training, finetune, load_recipe, train

from .options import Options, need_kernels, progress
from .rows import row, show

SIDE, PATCH = 28, 7
RATIOS, SEEDS = (1.0, 1.5, 2.0, 3.0), (0, 1, 2)
PLAIN = {
    "patch": PATCH,
    "positions": "learned",
    "pool": "cls",
}  # the paper's: positions to interpolate
EPOCHS, BATCH, RATE = 6, 32, 0.1  # the rate was chosen on held-out training images, at 42 pixels
SOME = 96  # images, for a test
COLUMNS = {
    "images": "case", "times the side": "times", "fine-tuned %": "ours", "of each seed": "seeds",
    "from scratch alike %": "alike", "its seeds": "alike_seeds",
    "by the recipe of digits %": "theirs", "that one's seeds": "their_seeds",
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
    found = {ratio: [] for ratio in ratios}
    with backend.use("numba"):
        for seed in seeds:
            progress(f"transfer: clothes, seed {seed}")
            learnt = clothes_of(clothes, seed).model
            for ratio, data in digits.items():
                progress(f"transfer: digits at {SIDE * ratio:g} pixels, seed {seed}")
                found[ratio].append(three_ways(learnt, data, seed))
    return [of_seeds(ratio, *zip(*accuracies, strict=True)) for ratio, accuracies in found.items()]


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
    config = load_recipe("fashion-small").config(data, model=PLAIN, training={"seed": seed})
    return train(config, data)


def three_ways(learnt: ViT, data: Dataset, seed: int) -> tuple[float, float, float]:
    """The accuracies from what was learnt, from scratch alike, and by the recipe of the digits."""
    steps = {"epochs": EPOCHS, "batch": BATCH, "seed": seed}
    tuned = finetune(learnt, data, training=steps | {"learning_rate": RATE})
    alike = finetune(
        ViT(tuned.config.model, seed=seed), data, training=steps | {"learning_rate": RATE}
    )
    recipe = train(load_recipe("digits").made(tuned.config.model, steps), data)
    return tuple(t.state.history[-1]["test_accuracy"] for t in (tuned, alike, recipe))


def of_seeds(
    ratio: float, tuned: tuple[float, ...], alike: tuple[float, ...], recipe: tuple[float, ...]
) -> dict:
    """A row of means, with the accuracy of each seed in words."""
    ours, scratch, theirs = map(statistics.fmean, (tuned, alike, recipe))
    side = round(SIDE * ratio)
    return row(
        "transfer", f"{side}x{side}", "fine-tuned", ours, "accuracy", "from scratch", theirs,
        ours / max(theirs, np.finfo(float).tiny), times=ratio, alike=scratch,
        seeds=in_words(tuned), alike_seeds=in_words(alike), their_seeds=in_words(recipe),
    )  # fmt: skip


def in_words(accuracies: list[float]) -> str:
    return ", ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    return (
        f"{show(rows, COLUMNS)}\n\nTest accuracy on digits after {EPOCHS} epochs: from a model "
        f"that has learnt clothes at {SIDE}x{SIDE}, and from scratch. Patches of {PATCH}; the mean "
        "of the seeds, and each of them."
    )
