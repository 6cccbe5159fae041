"""Classify pictures with a trained model: PNG, JPEG and others, of any size and mode."""

import argparse
import json
import textwrap
from typing import NamedTuple

from minivit.cli.arguments import add_threads, whole_number
from minivit.cli.opening import add_checkpoint, load_model
from minivit.cli.pictures import pictures_of, spelled_out
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.printing import complain, one_line, silent_libraries
from minivit.cli.sentences import sentence

HELP = "classify pictures with a trained model"
ALL_WELL, SOME_FAILED, NONE_READ = 0, 1, 2


class Unanswered(NamedTuple):
    """A picture that got no class, and why."""

    file: str
    error: Exception


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="picture files, or folders: all pictures in a folder and the folders in it, in the "
        "order of their names, without hidden ones; - is standard input",
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
        '"preprocessing"}, probabilities from 0 to 1; a picture without an answer has "classes": '
        'null and a "reason" (default: text)',
    )
    add_threads(parser)
    add_precision(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when every picture has its answer, 1 when some have none, 2 when none could be read."""
    from minivit.chosen import weights_stay
    from minivit.data.preprocessing import check_preprocessing
    from minivit.data.strokes import NothingToRead
    from minivit.models.objective import need_classes

    prefer_kernels(arguments)
    model = load_model(arguments.run, arguments)
    need_classes(model.config, arguments.run)
    check_preprocessing(model.preprocessing, model.config.image, model.config.channels)
    entries, errors = [], []
    with weights_stay():
        for answer in answers(model, arguments.images, arguments.top):
            entries.append(answer)
            if isinstance(answer, Unanswered):
                errors.append(answer.error)
                complain(reason(answer.error))
            elif not arguments.json:
                print(report(answer), flush=True)
    if arguments.json:
        found = [failed(e) if isinstance(e, Unanswered) else e for e in entries]
        print(json.dumps(found, indent=2))
    if not errors:
        return ALL_WELL
    read = len(errors) < len(entries) or any(isinstance(e, NothingToRead) for e in errors)
    return SOME_FAILED if read else NONE_READ


def answers(model, given: list[str], top: int):
    """For every picture its answer, or why it has none: one bad file stops no other."""
    from minivit.errors import InputError

    for path in spelled_out(given):
        try:
            pictures = list(pictures_of(path))
        except (InputError, OSError) as error:
            yield Unanswered(path, error)
            continue
        for name, content in pictures:
            try:
                if isinstance(name, OSError):
                    raise name
                yield predict(model, name, top, content)
            except (InputError, OSError) as error:
                yield Unanswered(str(getattr(name, "filename", name)), error)


def predict(model, file, top: int, content: bytes | None = None) -> dict:
    """One picture's entry in the list that --json prints."""
    import numpy as np

    from minivit.data.picture_files import prepare_picture
    from minivit.errors import InputError
    from minivit.ops import softmax_forward

    with silent_libraries():
        image, steps = prepare_picture(file, model.preprocessing, content)
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
    names = [one_line(entry["name"]) for entry in answer["classes"]]
    shares = [entry["probability"] for entry in answer["classes"]]
    width = max(map(len, names))
    lines = [one_line(answer["file"])]
    lines += [f"  {n:{width}}  {share:6.1%}" for n, share in zip(names, shares, strict=True)]
    done = textwrap.fill(
        one_line("; ".join(answer["preprocessing"])),
        96,
        initial_indent="  ",
        subsequent_indent="  ",
    )
    return "\n".join([*lines, done])


def failed(answer: Unanswered) -> dict:
    """The entry of a picture without an answer."""
    return {"file": answer.file, "classes": None, "reason": reason(answer.error)}


def reason(error: Exception) -> str:
    return sentence(error) if isinstance(error, OSError) else str(error)
