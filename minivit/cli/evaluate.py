"""Measure a trained model on the test images of the dataset that it was trained on."""

import argparse
import json
import math

from minivit.cli.arguments import add_averaged, add_threads
from minivit.cli.printing import one_line

HELP = "accuracy, loss and confusion matrix of a trained model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run folder, or a checkpoint file")
    parser.add_argument(
        "--json",
        action="store_true",
        help='print only {"accuracy": 0 to 1, "loss": in nats, "images": how many} '
        "(default: tables)",
    )
    add_averaged(parser)
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    import numpy as np

    from minivit import backend
    from minivit.checkpoints import load
    from minivit.data import DATASETS, load_dataset
    from minivit.errors import InputError
    from minivit.training import evaluate

    backend.prefer("numba")
    model = load(arguments.run, averaged=arguments.averaged)
    name = model.preprocessing.get("dataset")
    if name is None:
        raise InputError(
            f"{arguments.run} does not say which dataset it was trained on: there is nothing to "
            "measure it on; give a run that `minivit train` wrote"
        )
    if name not in DATASETS:
        raise InputError(
            f"{arguments.run} was trained on data of your own, {name!r}: hand them in, in Python, "
            f"with minivit.training.evaluate(minivit.load({arguments.run!r}), images, labels)"
        )
    test = load_dataset(name).test
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        result = evaluate(model, test.images, test.labels)
    if not math.isfinite(result.loss):
        raise InputError(
            f"the answers of {arguments.run} overflow: its parameters are too large; choose "
            "another checkpoint, or train with a lower learning rate"
        )
    if arguments.json:
        summary = {"accuracy": result.accuracy, "loss": result.loss, "images": len(test.labels)}
        print(json.dumps(summary))
    else:
        weights = ", averaged weights," if arguments.averaged else ""
        images = f"{len(test.labels)} test images of {name}"
        print(f"{one_line(arguments.run)}{weights} on the {images}\n")
        print(report(result, test.labels, model.class_names))
    return 0


def report(result, labels, class_names: list[str]) -> str:
    """Accuracy and loss, a row for each class, and the confusion matrix."""
    from minivit.cli.tables import table

    counts = confusion(labels, result.predictions, len(class_names))
    right = int(counts.trace())
    rows = [("class", "images", "right", "accuracy")]
    for name, row, hits in zip(class_names, counts, counts.diagonal(), strict=True):
        share = f"{hits / row.sum():.1%}" if row.sum() else "-"
        rows.append((name, str(row.sum()), str(hits), share))
    matrix = [("true", *class_names)]
    for name, row in zip(class_names, counts, strict=True):
        matrix.append((name, *(str(count) if count else "." for count in row)))
    return (
        f"accuracy  {result.accuracy:.2%} ({right} of {len(labels)} right)\n"
        f"loss      {result.loss:.4f} (mean cross-entropy in nats, without label smoothing)\n\n"
        f"{table(rows)}\n\n"
        "Confusion matrix: a row for each true class, a column for each answer.\n\n"
        f"{table(matrix)}"
    )


def confusion(labels, predictions, classes: int):
    """labels (n,), predictions (n,) -> counts (C, C): row = true class, column = answer."""
    import numpy as np

    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predictions), 1)
    return counts
