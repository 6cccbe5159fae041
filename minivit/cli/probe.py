"""How good a model's features are: a linear map is fitted to them, in closed form, in seconds.

The model stays as it is. Several data sets make a small test of how well it serves in general;
their images are resized for the model. The features are what its head reads: the cls token or the
pooled tokens, behind the last LayerNorm; a hidden layer in front of the head is left out.
"""

import argparse
import json
import time

from minivit.cli.arguments import add_threads, whole_number
from minivit.cli.opening import add_checkpoint, load_model
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.printing import one_line

HELP = "fit a linear classifier to a model's frozen features, from few images"
AT_HAND = ("digits", "fashion-small", "shapes")
DRAWS = 5  # of the shots, by default


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser, "CHECKPOINT")
    parser.add_argument("--data", nargs="+", metavar="NAME|PATH", default=list(AT_HAND),
                        help="data sets, as of `minivit train` (default: "
                        f"{' '.join(AT_HAND)})")  # fmt: skip
    parser.add_argument("--shots", type=whole_number(1), metavar="K",
                        help="images of each class to learn from (default: all)")  # fmt: skip
    parser.add_argument("--draws", type=whole_number(1), metavar="N",
                        help="how often the shots are drawn, from one seed after the other "
                        f"(default: {DRAWS})")  # fmt: skip
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N",
                        help="of the first draw (default: 0)")  # fmt: skip
    parser.add_argument("--regulariser", type=float, metavar="X",
                        help="weight of the squared weights (default: that with the least error "
                        "when each image is left out)")  # fmt: skip
    parser.add_argument("--json", action="store_true",
                        help="a line for programs for each data set")  # fmt: skip
    add_threads(parser)
    add_precision(parser)


def run(arguments: argparse.Namespace) -> int:
    from minivit.errors import InputError

    if arguments.draws is not None and arguments.shots is None:
        raise InputError("--draws draws the images of --shots: give both, or none of them")
    prefer_kernels(arguments)
    model = load_model(arguments.checkpoint, arguments)
    results = [measured(model, name, arguments) for name in arguments.data]
    if arguments.json:
        for result in results:
            print(json.dumps(result))
    else:
        print(report(model, results, arguments))
    return 0


def measured(model, name: str, arguments: argparse.Namespace) -> dict:
    """What the probes of one data set reach."""
    from minivit.data import load_dataset
    from minivit.training import probes

    began = time.perf_counter()
    data = load_dataset(name)
    draws = 1 if arguments.shots is None else arguments.draws or DRAWS
    found = probes(model, data, shots=arguments.shots, draws=draws, seed=arguments.seed,
                   regulariser=arguments.regulariser)  # fmt: skip
    accuracies = [probe.accuracy for probe in found]
    return {
        "data": data.name, "classes": len(data.class_names), "images": found[0].images,
        "test_images": len(data.test.labels), "draws": len(found),
        "accuracy": sum(accuracies) / len(found), "least": min(accuracies), "most": max(accuracies),
        "regularisers": [probe.regulariser for probe in found],
        "seconds": round(time.perf_counter() - began, 2),
    }  # fmt: skip


def report(model, results: list[dict], arguments: argparse.Namespace) -> str:
    """A table with a row for each data set, and their mean."""
    from minivit.cli.tables import table

    few, c = arguments.shots is not None, model.config
    rows = [("data", "classes", "images", "accuracy", *["of the draws"] * few, "seconds")]
    for r in results:
        between = [f"{r['least']:.1%} to {r['most']:.1%}"] * few
        rows.append((one_line(r["data"]), str(r["classes"]), str(r["images"]),
                     f"{r['accuracy']:.1%}", *between, f"{r['seconds']:.1f}"))  # fmt: skip
    if len(results) > 1:
        mean = sum(r["accuracy"] for r in results) / len(results)
        rows.append(("mean", "", "", f"{mean:.1%}", *[""] * few, ""))
    shots = f"{arguments.shots} images of each class" if few else "all training images"
    features = f"{c.pooled:,} features ({c.pool}) of images of {c.image[0]}x{c.image[1]}"
    return (
        f"{one_line(str(arguments.checkpoint))}: a linear map on {features} pixels, "
        f"from {shots}\n\n{table(rows)}"
    )
