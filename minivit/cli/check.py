"""`minivit check FILE`: is a layer that you wrote right, and if not, what is wrong with it?"""

import argparse
import json

from minivit.cli.check_exercise import add_exercise, answer_of
from minivit.errors import InputError

HELP = "check layers that you wrote yourself, and name the likely cause of what is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks the functions of a Python file that are named as ops are: layernorm_forward and "
        "layernorm_backward, a pair or one of the two. `minivit gradcheck` checks minivit's own."
    )
    parser.add_argument("file", metavar="FILE", help="the Python file")
    parser.add_argument(
        "--only", metavar="OP", help="check one op (default: all that the file defines)"
    )
    add_exercise(parser)
    parser.add_argument(
        "--seconds", type=float, default=10.0, metavar="S",
        help="that a call of a function may take (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true",
        help="print the verdicts as JSON, as `pydoc minivit.checking.student.told` describes them",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """0 when everything is right, 1 when something is wrong or not written, 2 without a file."""
    need_hypothesis()
    from minivit.checking.student.check import check

    answer = answer_of(arguments)
    checked = check(arguments.file, only=answer.op, source=answer.source, seconds=arguments.seconds)
    if checked.failed and checked.failed.kind == "file":
        raise InputError(f"{arguments.file}: {checked.failed}")
    if arguments.json:
        from minivit.checking.student.told import told

        print(json.dumps(told(checked), indent=2))
    else:
        report(checked)
        if answer.first and not checked.ok:
            print(f"Lines are counted so that the exercise's first line of code is {answer.first}.")
    return 0 if checked.ok else 1


def need_hypothesis() -> None:
    """InputError where the library that draws the inputs is missing."""
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise InputError(
            "minivit check needs Hypothesis, which draws the inputs: pip install 'minivit[check]'"
        ) from None


def report(checked) -> None:
    """The table, then what is wrong with each op."""
    from minivit.checking.student import words
    from minivit.cli.printing import one_line
    from minivit.cli.tables import table

    if checked.ops:
        print(table([words.HEADS, *map(words.row, checked.ops)], "<><<<"))
        print()
    for examined in checked.ops:
        for line in words.explained(examined):
            print(one_line(line))
    if checked.printed:
        print("The file printed:")
        for line in checked.printed.splitlines():
            print(f"  {one_line(line)}")
    if checked.unlimited:
        print(f"This system can't limit {checked.unlimited}.")
    print(words.closing(checked))
