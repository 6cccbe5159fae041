"""Classify pictures with a trained model: PNG, JPEG and others, of any size and mode."""

import argparse
import json
import sys
import textwrap

from minivit.cli.arguments import add_threads, whole_number

HELP = "classify pictures with a trained model"
ALL_WELL, SOME_FAILED, NONE_PREDICTED = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run folder, or a checkpoint file")
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="picture files, or folders: all pictures in a folder, in the order of their names, "
        "without hidden files",
    )
    parser.add_argument(
        "--top",
        type=whole_number(1),
        default=3,
        metavar="N",
        help="number of classes to print for each picture, the most probable first (default: 3)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help='print only a list of {"file", "classes": [{"name", "probability"}], '
        '"preprocessing"}, probabilities from 0 to 1 (default: text)',
    )
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.checkpoints import load
    from minivit.data.picture_files import check_preprocessing

    backend.prefer("numba")
    model = load(arguments.run)
    check_preprocessing(model.preprocessing)
    predicted, failures = [], 0
    for answer in answers(model, arguments.images, arguments.top):
        if isinstance(answer, Exception):
            failures += 1
            complain(answer)
            continue
        predicted.append(answer)
        if not arguments.json:
            print(report(answer), flush=True)
    if arguments.json:
        print(json.dumps(predicted, indent=2))
    if not predicted:
        return NONE_PREDICTED
    return SOME_FAILED if failures else ALL_WELL


def answers(model, given: list[str], top: int):
    """For every picture its answer, or the error that it gave: one bad file stops no other."""
    from minivit.data.picture_files import picture_files
    from minivit.errors import InputError

    for path in given:
        try:
            files = picture_files(path)
        except (InputError, OSError) as error:
            yield error
            continue
        for file in files:
            try:
                yield predict(model, file, top)
            except (InputError, OSError) as error:
                yield error


def predict(model, file, top: int) -> dict:
    """One picture's entry in the list that --json prints."""
    import numpy as np

    from minivit.data.picture_files import prepare_picture
    from minivit.errors import InputError
    from minivit.ops import softmax_forward

    image, steps = prepare_picture(file, model.preprocessing)
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better
        probabilities, _ = softmax_forward(model.logits(image[None]))
    if not np.isfinite(probabilities).all():
        raise InputError(
            f"{file}: the model's answer overflows, its parameters are too large; choose another "
            "checkpoint, or train with a lower learning rate"
        )
    best = (-probabilities[0]).argsort(kind="stable")[:top]
    classes = [
        {"name": model.class_names[c], "probability": float(probabilities[0, c])} for c in best
    ]
    return {"file": str(file), "classes": classes, "preprocessing": steps}


def report(answer: dict) -> str:
    """The answer as text: classes first, then what was done to the picture."""
    width = max(len(entry["name"]) for entry in answer["classes"])
    lines = [f"{answer['file']}"]
    lines += [f"  {c['name']:{width}}  {c['probability']:6.1%}" for c in answer["classes"]]
    done = textwrap.fill(
        "; ".join(answer["preprocessing"]), 96, initial_indent="  ", subsequent_indent="  "
    )
    return "\n".join([*lines, done])


def complain(error: Exception) -> None:
    """One sentence on stderr."""
    from minivit.cli.sentences import sentence

    reason = sentence(error) if isinstance(error, OSError) else str(error)
    print(f"minivit: {reason}", file=sys.stderr)
