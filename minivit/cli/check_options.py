"""The options of `minivit check` for those who grade, and which options go together."""

import argparse
from pathlib import Path

from minivit.cli.arguments import one_of
from minivit.errors import InputError
from minivit.files import typed

GRADERS = ("gradescope",)


def add_grading(parser: argparse.ArgumentParser) -> None:
    grading = parser.add_argument_group("grading")
    grading.add_argument(
        "--points", metavar="FILE",
        help="a TOML file of what each op, or each part of it, is worth, as `pydoc "
        "minivit.checking.student.grading.points` describes it (default: an op is worth 1 point)",
    )  # fmt: skip
    grading.add_argument(
        "--for", dest="grader", type=one_of(GRADERS), metavar="GRADER",
        help="gradescope: write its results.json; with --json, the verdicts are printed as JSON, "
        "too (default: none)",
    )  # fmt: skip
    grading.add_argument(
        "--out", metavar="PATH",
        help="of what --for writes (default: /autograder/results/results.json where that folder "
        "is, else results.json)",
    )  # fmt: skip
    grading.add_argument(
        "--all", metavar="FOLDER",
        help="grade a folder of submissions: .py files, and folders with one; goes on where it "
        "was stopped",
    )  # fmt: skip
    grading.add_argument("--csv", metavar="FILE", help="the table that --all writes")


def fitting(arguments: argparse.Namespace) -> None:
    """InputError for options that don't go together, and where none says what to check."""
    whole_class, said = arguments.all is not None, vars(arguments)
    if arguments.caches is not None:
        for name in ("file", "all", "points", "grader", "only", "exercise"):
            if said[name] is not None:
                raise InputError("--caches checks nothing: leave the rest of the command out")
        return
    if arguments.exercise is not None and arguments.file and Path(arguments.file).is_dir():
        raise InputError(  # of the one who grades, and not a student's, who would get no points
            f"{typed(arguments.file)} is a folder: give the file with the answer to "
            f"{arguments.exercise}"
        )
    if not whole_class and arguments.file is None:
        raise InputError("which file? Name one, or a folder of submissions with --all")
    if whole_class and arguments.file is not None:
        raise InputError("--all names the submissions: leave FILE out")
    if whole_class != (arguments.csv is not None):
        missing = "--csv, a file for the table" if whole_class else "--all, a folder of submissions"
        raise InputError(f"--all and --csv go together: add {missing}")
    if whole_class and (arguments.json or arguments.grader or arguments.exercise):
        raise InputError("--json, --for and --exercise are of one file: leave them out, or --all")
    if arguments.out is not None and not arguments.grader:
        raise InputError("--out is of what --for writes: add --for gradescope, or leave it out")
