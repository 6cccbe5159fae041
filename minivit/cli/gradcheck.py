"""`minivit gradcheck [OP | NAME | RUN]`: is every handwritten gradient right?"""

import argparse
import difflib
import json
from pathlib import Path

from minivit.cli.arguments import add_threads
from minivit.errors import InputError

HELP = "compare the handwritten gradients with finite differences"

HEAD_WIDTH, GRID, DEPTH, CLASSES = 4, (2, 3), 2, 7  # of a variant that was shrunk
IMAGES = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        nargs="?",
        metavar="OP|NAME|RUN",
        help="an op such as layernorm, a variant such as B/16 (shrunk to a small size), or a run "
        "folder or checkpoint file; by default every op",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (default: 0)")
    parser.add_argument(
        "--json", action="store_true", help="print the tables as JSON (default: as text)"
    )
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when every gradient is right, 1 when one is wrong."""
    if arguments.seed < 0:
        raise InputError(f"seed is {arguments.seed}: expected a whole number from 0")
    reports = check(arguments.target, arguments.seed)
    ok = all(report.ok for report in reports)
    if arguments.json:
        print(json.dumps({"ok": ok, "reports": [report.to_dict() for report in reports]}, indent=2))
        return 0 if ok else 1
    if arguments.target is None:
        print_summary(reports)
    else:
        print("\n\n".join(map(str, reports)))
    print()
    print(closing_sentence(reports))
    return 0 if ok else 1


def check(target: str | None, seed: int) -> list:
    """The reports on a target; InputError when it is none."""
    from minivit.checking.samples import OPS, check_sample, samples
    from minivit.models.config import VARIANTS

    if target is None or target in OPS:
        names = list(OPS) if target is None else [target]
        return [check_sample(sample, seed) for op in names for sample in samples(op, seed)]
    if target in VARIANTS:
        return [check_variant(target, seed)]
    if Path(target).exists():
        return [check_run(target, seed)]
    known = {name.lower(): name for name in (*OPS, *VARIANTS)}
    near = difflib.get_close_matches(target.lower(), known, n=1, cutoff=0.0)[0]
    raise InputError(
        f"{target!r} is no op, no variant and no file or folder here; the nearest name is "
        f"{known[near]!r}. The ops are {', '.join(OPS)}; the variants {', '.join(VARIANTS)}"
    )


def check_variant(name: str, seed: int):
    """A small model with the structure of a variant, freshly initialised, on random images."""
    from minivit.models import ViT, variant

    config = shrunk(variant(name))
    model = ViT(config, seed, dtype="float64")
    report = check_on_noise(model, seed)
    report.remarks.insert(
        0,
        f"{name} was shrunk: image {config.image[0]}x{config.image[1]}, patch "
        f"{config.patch[0]}x{config.patch[1]}, width {config.width}, depth {config.depth}, "
        f"{config.heads} heads, MLP width {config.mlp}, {config.classes} classes.",
    )
    return report


def shrunk(config):
    """The same structure in a size that can be checked: as many heads, as wide an MLP for its
    width, but two blocks, narrow heads, small patches and few of them."""
    from dataclasses import replace

    width = config.heads * HEAD_WIDTH
    patch = tuple(min(side, 2) for side in config.patch)
    return replace(
        config,
        image=(GRID[0] * patch[0], GRID[1] * patch[1]),
        patch=patch,
        width=width,
        depth=min(config.depth, DEPTH),
        mlp=max(1, width * config.mlp // config.width),
        classes=min(config.classes, CLASSES),
    )


def check_run(path: str, seed: int):
    """A trained model: on test images of the data it was trained on, where that is embedded."""
    from minivit.checking import check_model
    from minivit.data import DATASETS, load_dataset
    from minivit.models import load

    model = load(path)
    dataset = model.preprocessing.get("dataset")
    if dataset not in DATASETS:
        report = check_on_noise(model, seed)
    else:
        test = load_dataset(dataset).test
        report = check_model(model, test.images[:IMAGES], test.labels[:IMAGES], seed=seed)
        report.remarks.insert(0, f"On {IMAGES} test images of {dataset}.")
    report.title = f"gradient check of {path}"
    return report


def check_on_noise(model, seed: int):
    """Any model, on random images with random labels."""
    import numpy as np

    from minivit.checking import check_model

    rng, c = np.random.default_rng(seed), model.config
    images = rng.uniform(-1, 1, (IMAGES, *c.image, c.channels))
    report = check_model(model, images, rng.integers(c.classes, size=IMAGES), seed=seed)
    report.remarks.insert(0, f"On {IMAGES} random images.")
    return report


def print_summary(reports: list) -> None:
    """A line for each report, and the whole table of those with something wrong."""
    width = max(len(report.title) for report in reports)
    print(f"{'op':<{width}}  {'worst relative error':>20}  verdict")
    for report in reports:
        print(f"{report.title:<{width}}  {report.worst:>20.1e}  {report.verdict}")
    for report in reports:
        if not report.ok:
            print(f"\n{report}")


def closing_sentence(reports: list) -> str:
    rows = [row for report in reports for row in report.rows]
    wrong = sum(row.verdict == "wrong" for row in rows)
    problems = sum(len(report.problems) for report in reports)
    if problems:
        return f"{wrong} of {len(rows)} gradients are wrong, and {problems} rules are broken."
    if wrong:
        return f"{wrong} of {len(rows)} gradients {'is' if wrong == 1 else 'are'} wrong."
    return f"All {len(rows)} gradients are right."
