"""Draw how a run went, or compare several: loss, accuracy, learning rate, gradients, updates."""

import argparse
from pathlib import Path

from minivit.cli.printing import one_line
from minivit.errors import InputError
from minivit.files import typed

HELP = "draw how runs went, and compare them"
PICTURE = "plot.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="+", help="a run folder")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help=f"the picture, a PNG file (default: {PICTURE}, in the run's folder; of several runs, "
        "in the current one)",
    )


def run(arguments: argparse.Namespace) -> int:
    from minivit.figures import Run, runs_picture
    from minivit.training import read_log, told_apart

    logs = [read_log(name) for name in dict.fromkeys(arguments.runs)]
    path = vacant(arguments.out, [log.path for log in logs])
    runs = [
        Run(label, log.measured_on, log.history, log.places)
        for label, log in zip(told_apart(logs), logs, strict=True)
    ]
    runs_picture(runs, path)
    print("\n  ".join([f"{typed(path)} shows", *(one_line(run.label) for run in runs)]))
    return 0


def vacant(out: str | None, runs: list[Path]) -> Path:
    """Where the picture goes; InputError for what is no name of a picture, and for a file that
    `minivit plot` has not drawn."""
    from minivit.figures import is_ours

    if out is None:
        beside = runs[0] if runs[0].is_dir() else runs[0].parent
        path = beside / PICTURE if len(runs) == 1 else Path(PICTURE)
    else:
        path = Path(out)
    if path.suffix.lower() != ".png":
        raise InputError(f"{str(path)!r} is no name of a PNG file: give one that ends in .png")
    if path.is_dir():
        raise InputError(f"{path} is a folder: choose another --out")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is no folder, so {path.name} can't be written there")
    if path.exists() and not is_ours(path):
        raise InputError(
            f"{path} exists, and `minivit plot` has not drawn it: choose another --out, or remove "
            "it yourself"
        )
    return path


def remove_plot(folder: Path) -> None:
    """Remove what `minivit plot` drew of an earlier run; another file of that name stays."""
    from minivit.figures import is_ours

    path = folder / PICTURE
    if path.is_file() and is_ours(path):
        path.unlink()
