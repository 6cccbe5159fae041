"""Measure a trained model on the test images of the data set that it was trained on."""

import argparse
import json
import math

from minivit.cli.arguments import add_data, add_threads
from minivit.cli.opening import add_checkpoint, as_typed, load_model
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.printing import one_line, some
from minivit.files import typed

MOST_IN_MATRIX = 20  # classes: of more, a matrix fits no terminal
MOST_PAIRS = 15
HELP = "accuracy, loss and confusion matrix of a trained model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help='print only {"accuracy": 0 to 1, "loss": in nats, "images": how many} '
        "(default: tables)",
    )
    add_data(parser, "where the data lie now, if they have moved; or others with the same classes")
    add_threads(parser)
    add_precision(parser)


def run(arguments: argparse.Namespace) -> int:
    import numpy as np

    from minivit.errors import InputError
    from minivit.models.objective import need_classes
    from minivit.training import evaluate

    prefer_kernels(arguments)
    model = load_model(arguments.run, arguments)
    need_classes(model.config, arguments.run)
    data = data_to_measure_on(model, arguments)
    test = data.test
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
        images = f"{len(test.labels)} test images of {one_line(data.name)}"
        print(f"{one_line(arguments.run)}{weights} on the {images}\n")
        print(report(result, test.labels, model.class_names))
    return 0


def data_to_measure_on(model, arguments: argparse.Namespace):
    """The data set of a model, or the one that is given; InputError if its classes are others."""
    from minivit.data import data_of, is_own
    from minivit.errors import InputError

    run, given = arguments.run, arguments.data
    name = model.preprocessing.get("dataset")
    if name is None and given is None:
        raise InputError(
            f"{run} does not say which dataset it was trained on: there is nothing to "
            "measure it on; give a run that `minivit train` wrote, or --data"
        )
    if given is None and is_own(model.preprocessing):
        raise InputError(
            f"{run} was trained on data of your own, {name!r}: hand them in, in Python, "
            f"with minivit.training.evaluate(minivit.load({run!r}), images, labels)"
        )
    data = data_of(model.preprocessing, model.config, given)
    in_files = given is not None or "place" in model.preprocessing  # they may have changed
    if in_files and data.class_names != model.class_names:
        raise InputError(
            f"{data.name} has the classes {some(data.class_names)}, and {run} knows "
            f"{some(model.class_names)}: give data with the same classes in the same order, or "
            f"teach it these: minivit finetune {as_typed(run, arguments)} "
            f"--data {typed(given or data.name)}"
        )
    return data


def report(result, labels, class_names: list[str]) -> str:
    """Accuracy and loss, a row for each class, and the confusion matrix."""
    from minivit.cli.tables import table

    counts = confusion(labels, result.predictions, len(class_names))
    right = int(counts.trace())
    rows = [("class", "images", "right", "accuracy")]
    for name, row, hits in zip(class_names, counts, counts.diagonal(), strict=True):
        share = f"{hits / row.sum():.1%}" if row.sum() else "-"
        rows.append((name, str(row.sum()), str(hits), share))
    return (
        f"accuracy  {result.accuracy:.2%} ({right} of {len(labels)} right)\n"
        f"loss      {result.loss:.4f} (mean cross-entropy in nats, without label smoothing)\n\n"
        f"{table(rows)}\n\n{confusions(counts, class_names)}"
    )


def confusions(counts, class_names: list[str]) -> str:
    """The confusion matrix, or for many classes its largest numbers: counts (C, C) -> text."""
    from minivit.cli.tables import table

    if len(class_names) <= MOST_IN_MATRIX:
        matrix = [("true", *class_names)]
        for name, row in zip(class_names, counts, strict=True):
            matrix.append((name, *(str(count) if count else "." for count in row)))
        title = "Confusion matrix: a row for each true class, a column for each answer."
        return f"{title}\n\n{table(matrix)}"
    wrong = counts.copy()
    wrong[range(len(wrong)), range(len(wrong))] = 0
    order = (-wrong).ravel().argsort(kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(i), len(wrong)) for i in order if wrong.ravel()[i]]
    rows = [(class_names[t], class_names[a], str(wrong[t, a])) for t, a in pairs]
    return f"The most frequent mistakes:\n\n{table([('true', 'answer', 'images'), *rows], '<<>')}"


def confusion(labels, predictions, classes: int):
    """labels (n,), predictions (n,) -> counts (C, C): row = true class, column = answer."""
    import numpy as np

    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predictions), 1)
    return counts
