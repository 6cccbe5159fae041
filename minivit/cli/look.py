"""Look inside a model: what it has learned, where it looks, which patches made its answer.

Without a picture, test images of the run are looked at: some that it reads right, and its surest
mistakes. Each figure is a file of its own.
"""

import argparse
from pathlib import Path

from minivit.cli.arguments import add_images, add_threads, one_of, whole_number
from minivit.cli.opening import add_checkpoint, load_model
from minivit.cli.precision import add_precision, prefer_kernels
from minivit.cli.printing import one_line
from minivit.errors import InputError
from minivit.files import typed
from minivit.nearest import nearest

HELP = "draw what goes on inside a model"
FOLDER = "look"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.figures.views import VIEWS

    add_checkpoint(parser)
    add_images(parser, "test images of the run")
    parser.add_argument(
        "--only", type=some_of(tuple(VIEWS)), metavar="NAME,...",
        help=f"the figures to draw, of {', '.join(VIEWS)} (default: all that can be drawn)",
    )  # fmt: skip
    parser.add_argument(
        "--target", metavar="CLASS", help="the class that is asked about, by its name (default: "
        "for each image the one that the model says)",
    )  # fmt: skip
    parser.add_argument(
        "--against", metavar="RUN", action="append", default=[],
        help="another model beside this one, in positions and distances; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="FOLDER",
        help=f"where the figures go (default: {FOLDER}, in the run's folder; of a checkpoint that "
        "is no run's, in the current one)",
    )  # fmt: skip
    parser.add_argument("--svg", action="store_true", help="write SVG files (default: PNG)")
    add_ways(parser)
    add_threads(parser)
    add_precision(parser)


def add_ways(parser: argparse.ArgumentParser) -> None:
    """The options of single figures."""
    from minivit.inspection.gradients import BASELINES
    from minivit.inspection.rollout import FUSIONS

    parser.add_argument(
        "--fill", type=one_of(BASELINES), metavar="|".join(BASELINES),
        help="what shows nothing, and covers patches, in `why` (default: black if strokes are "
        "bright, else an image's mean colour)",
    )  # fmt: skip
    parser.add_argument(
        "--block", type=whole_number(0), metavar="N",
        help="the block whose `heads` are drawn (default: the last)",
    )  # fmt: skip
    parser.add_argument(
        "--fuse", type=one_of(FUSIONS), metavar="|".join(FUSIONS), default="mean",
        help="what the heads of a block do together in `rollout` (default: mean)",
    )  # fmt: skip
    parser.add_argument(
        "--discard", type=part, metavar="PART", default=0.0,
        help="in `rollout`, the part of a block's attention that is left out, the least first, "
        "such as 0.9 (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--start-block", type=whole_number(0), metavar="N", default=0,
        help="the first block of `rollout` (default: 0)",
    )  # fmt: skip


def part(text: str) -> float:
    """An argument type: a part of a whole, but not all of it."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a part from 0 to below 1")
    return number


def some_of(names: tuple[str, ...]):
    """An argument type: some of these names, with commas between them."""
    return lambda text: [one_of(names)(name) for name in dict.fromkeys(text.split(","))]


def run(arguments: argparse.Namespace) -> int:
    from minivit.cli.subjects import looked_at
    from minivit.figures.saving import check_can_draw
    from minivit.figures.views import VIEWS, draw_view
    from minivit.models.objective import need_classes

    check_can_draw()
    prefer_kernels(arguments)
    model = load_model(arguments.run, arguments)
    target = class_number(arguments.target, model.class_names)
    models = compared(model, arguments)
    for name, one in models.items():
        need_classes(one.config, name)
    look, missing = looked_at(models, arguments.images, target)
    names, left_out = drawable(arguments, models, missing)
    ways = ways_of(arguments, model.config, names)
    paths = vacant(arguments, names)
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_view(name, look, path, ways)
        print(f"{typed(path)}  {VIEWS[name]}", flush=True)
    for name, reason in left_out.items():
        print(f"no {name}: {one_line(reason)}")
    return 0


def class_number(name: str | None, names: list[str]) -> int | None:
    """The number of a class; InputError for one that the model lacks."""
    if name is None or name in names:
        return None if name is None else names.index(name)
    some = ", ".join(names[:8]) + ", ..." * (len(names) > 8)
    raise InputError(f"the model has no class {name!r}{nearest(name, names)}; it knows {some}")


def compared(model, arguments: argparse.Namespace) -> dict:
    """This model and the others, by what tells their folders apart."""
    from minivit.checkpoints import CHECKPOINT
    from minivit.training.log import shortest_names

    told = argparse.Namespace(averaged=False, heads=None, pool=None)
    models = {Path(arguments.run).resolve(): model}
    for path in arguments.against:
        models.setdefault(Path(path).resolve(), load_model(path, told))
    homes = [path.parent if path.name == CHECKPOINT else path for path in models]
    return dict(zip(shortest_names(homes), models.values(), strict=True))


def drawable(
    arguments: argparse.Namespace, models: dict, missing: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The figures to draw, and why others are left out; InputError for one that was asked for."""
    from minivit.figures.views import VIEWS, lack

    asked = arguments.only or list(VIEWS)
    reasons = {name: lack(name, models, missing) for name in asked}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    if left_out and arguments.only:
        name, reason = next(iter(left_out.items()))
        raise InputError(f"{name} can't be drawn: {reason}")
    return [name for name in asked if name not in left_out], left_out


def ways_of(arguments: argparse.Namespace, config, names: list[str]):
    """How the figures are drawn; InputError for a block that the model does not have."""
    from minivit.figures.views import Ways

    for figure, option in (("heads", "block"), ("rollout", "start_block")):
        number = getattr(arguments, option) or 0
        if figure in names and number >= config.depth:
            raise InputError(
                f"--{option.replace('_', '-')} is {number}: the model has blocks from 0 to "
                f"{config.depth - 1}"
            )
    return Ways(*(getattr(arguments, field) for field in Ways._fields))


def vacant(arguments: argparse.Namespace, names: list[str]) -> dict[str, Path]:
    """Where each figure goes; InputError for a folder that is none, and for a file that
    `minivit look` has not drawn."""
    from minivit.checkpoints import CHECKPOINT
    from minivit.figures.saving import was_made_by
    from minivit.figures.views import SOFTWARE

    home = Path(arguments.run) if (Path(arguments.run) / CHECKPOINT).exists() else Path()
    folder = home / FOLDER if arguments.out is None else Path(arguments.out)
    if folder.exists() and not folder.is_dir() and arguments.out is None:
        raise InputError(f"{folder} is a file: choose a folder by --out")
    if arguments.out == "" or (folder.exists() and not folder.is_dir()):
        raise InputError(f'"{arguments.out}" is no folder: choose another --out')
    paths = {name: folder / f"{name}.{'svg' if arguments.svg else 'png'}" for name in names}
    for path in paths.values():
        if path.is_dir():
            raise InputError(f"{path} is a folder: choose another --out")
        if path.exists() and not was_made_by(path, SOFTWARE):
            raise InputError(
                f"{path} exists, and `minivit look` has not drawn it: choose another --out, or "
                "remove it yourself"
            )
    return paths
