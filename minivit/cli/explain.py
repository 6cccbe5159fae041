"""Write one page that explains a model: open it in any browser, no network needed.

The page holds the model's weights and images: a few, and the run's test images, as far as they are
at hand and fit; and the log of the run with its snapshots, rounded, as many as fit. It runs the
model forward and backward where it is opened, shows every number, how it is made, and its gradient.
Without a picture it shows two test images of the run: the surest mistake, and one of the same class
that is read right.

Where the weights do not fit under the limit, the page holds arrays of the model's blocks in half
precision instead: it shows them, the attention that follows from them, and maps that are made now.
"""

import argparse
from pathlib import Path

from minivit.cli.arguments import add_images, add_threads, numbers, one_of, positive
from minivit.cli.learning import learning_of
from minivit.cli.look import class_number, compared
from minivit.cli.opening import add_checkpoint, load_model
from minivit.cli.page_images import as_many_as_fit, gallery_of, shown_images, tests_of
from minivit.cli.page_of_run import FILE, name_of, write_page
from minivit.errors import InputError
from minivit.files import typed

HELP = "write a page that runs a model in the browser and shows every number"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.figures.page.explainer import MOST, WEIGHTS
    from minivit.figures.page.sources import LANGUAGES

    add_checkpoint(parser)
    add_images(parser, "two test images of the run")
    parser.add_argument(
        "--label", metavar="CLASS", help="the class of the pictures, by its name (default: not "
        "known; gradients are then those of the class that the model says)",
    )  # fmt: skip
    parser.add_argument(
        "--target", metavar="CLASS", help="the class whose score is asked about when the page "
        "opens, by its name (default: none; it is asked how surprised the model is)",
    )  # fmt: skip
    parser.add_argument(
        "--against", metavar="RUN2", action="append", default=[],
        help="another run, whose weights the page holds too: it stands beside this one in Compare, "
        "and its positions in Model; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="FILE",
        help=f"where the page goes (default: {FILE}, in the run's folder; of a checkpoint that is "
        "no run's, in the current one)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="write over a page of this command")
    parser.add_argument(
        "--max-mb", type=positive(float), metavar="MB", default=MOST,
        help="the most megabytes that the page may have (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=one_of(WEIGHTS), metavar="|".join(WEIGHTS), default=WEIGHTS[0],
        help="whether the page holds the weights, all of them or none and records blocks instead "
        "(default: auto, all if they fit under --max-mb)",
    )  # fmt: skip
    parser.add_argument(
        "--blocks", type=numbers, metavar="0,5,11",
        help="which blocks are recorded in a page without the weights (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--lang", type=one_of(LANGUAGES), metavar="|".join(LANGUAGES), default=LANGUAGES[0],
        help="the language of the page (default: %(default)s)",
    )  # fmt: skip
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.checkpoints import Asked
    from minivit.figures.page.explainer import check_explained, explainer_page
    from minivit.figures.page.shell import told_in

    path = vacant(arguments)
    model = load_model(arguments.run, arguments)
    others = runs_beside(model, arguments)
    target = class_number(arguments.target, model.class_names)
    kind = {"weights": arguments.weights, "blocks": arguments.blocks, "others": others,
            "target": target}  # fmt: skip
    if check_explained(model, arguments.max_mb, **kind) is not None:
        backend.prefer("numba")  # maps that the page can't make take hundreds of passes
    label = class_number(arguments.label, model.class_names)
    tests = tests_of(model)
    shown = shown_images(model, arguments.images, label, tests)
    if not arguments.images:
        shown = as_many_as_fit(model, shown, most=arguments.max_mb, **kind)
    learning = learning_of(arguments.run, Asked(arguments.heads, arguments.pool))
    text = explainer_page(
        model, shown, name=name_of(arguments.run), gallery=gallery_of(model, tests),
        learning=learning, most=arguments.max_mb, language=arguments.lang, **kind,
    )  # fmt: skip
    size, told = write_page(text, path), told_in(text)
    print(f"{typed(path)}  {size:.2f} MB, {in_words(told)}; {held(told)}")
    return 0


def runs_beside(model, arguments: argparse.Namespace) -> dict:
    """The other runs, by what tells their folders apart.

    Raises InputError for one that is the page's own or given twice.
    """
    first, *others = compared(model, arguments).items()
    if len(others) < len(arguments.against):
        raise InputError(
            "--against names a run twice, or the one that is explained: name others, each once"
        )
    return dict(others)


def in_words(told: dict) -> str:
    """How many images a page shows first, how many stand behind them, and how many snapshots."""
    shown, learning = len(told["images"]), told["learning"]
    words = "1 image" if shown == 1 else f"{shown} images"
    if told["gallery"]:
        words += f" and {len(told['gallery']['labels'])} to choose from"
    kept = learning and learning["snapshots"]
    if not kept or not kept["of"]:
        return words
    return f"{words}, {len(kept['epochs'])} of {kept['of']} snapshots"


def held(told: dict) -> str:
    """What a page holds: the weights of so many models, or recorded blocks."""
    if told["recorded"]:
        blocks = ", ".join(map(str, told["recorded"]["blocks"]))
        return f"without the weights: recorded in half precision, blocks {blocks or 'none'}"
    models = 1 + len(told["others"])
    whose = f"weights of {models} models" if models > 1 else "model's weights"
    return f"it holds the {whose}"


def vacant(arguments: argparse.Namespace) -> Path:
    """Where the page goes; InputError for a folder, and for a file that may not be written over."""
    from minivit.checkpoints import CHECKPOINT
    from minivit.figures.page.shell import is_ours

    home = Path(arguments.run) if (Path(arguments.run) / CHECKPOINT).exists() else Path()
    path = home / FILE if arguments.out is None else Path(arguments.out)
    if arguments.out == "" or path.is_dir():
        raise InputError(f'"{arguments.out or path}" is a folder: choose a file by --out')
    if path.exists() and not is_ours(path):
        raise InputError(
            f"{path} was not written by this command, and stays as it is: choose another file by "
            "--out"
        )
    if path.exists() and not arguments.force:
        raise InputError(
            f"{path} exists: write over it by --force, or choose another file by --out"
        )
    return path
