"""What a training learns, and by which recipe."""

import argparse

from minivit.cli.arguments import add_data, duration
from minivit.cli.configuration import pair


def add_what(parser: argparse.ArgumentParser) -> None:
    """--recipe NAME, --data NAME|PATH, --image N and --time TIME."""
    from minivit.data import DATASETS

    what = parser.add_argument_group("what to learn")
    what.add_argument("--recipe", default=argparse.SUPPRESS, metavar="NAME",
                      help="one that `minivit recipes` lists, or a .toml file, or the folder of a "
                      "run to begin anew (default: that of the data)")  # fmt: skip
    add_data(
        what,
        f"a name ({', '.join(DATASETS)}; `minivit data` says where they are looked for), or a path:"
        " a folder with a folder of pictures per class, IDX files, CIFAR's batches or an .npz file;"
        " with --resume: where the data lie now (default: that of the recipe)",
    )
    what.add_argument(
        "--image", type=sides, default=argparse.SUPPRESS, metavar="N",
        help="sides that the images are resized to, 48 or 48x64 (height x width) (default: their "
        "own; of pictures in a folder, if all have the same, up to 64, else 64)",
    )  # fmt: skip
    what.add_argument("--time", type=duration, default=argparse.SUPPRESS, metavar="TIME",
                      help="choose the epochs so that all is done in this time, such as 90s, 10min "
                      "or 1h30min")  # fmt: skip


def sides(text: str) -> tuple[int, int]:
    """An argument type: the sides of an image, "48" or "48x64"."""
    from minivit.data import LARGEST_SIDE, checked_sides

    try:
        return checked_sides(pair(text))
    except ValueError:  # an InputError is one
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected a whole number from 1 to {LARGEST_SIDE}, or two such as 48x64"
        ) from None
