"""`minivit check FILE`: is a layer that you wrote right, and if not, what is wrong with it?"""

import argparse
import json

from minivit.cli.arguments import positive
from minivit.cli.check_exercise import add_exercise, answer_of, known_exercise
from minivit.cli.check_options import add_grading, fitting
from minivit.errors import InputError

HELP = "check layers that you wrote yourself, and name the likely cause of what is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks the functions of a Python file that are named as ops are: layernorm_forward and "
        "layernorm_backward, a pair or one of the two. `minivit gradcheck` checks minivit's own. "
        "Exit status: 0 all is right, 1 something is not, or nothing is defined, 2 there was no "
        "file to look at; with "
        "--for and --all 0 once everything is graded. For instructors: docs/instructors.md."
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?",
        help="the Python file, or a folder that holds it",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="OP", help="check one op (default: all that the file defines)"
    )
    add_exercise(parser)
    parser.add_argument(
        "--seconds", type=positive(float), default=10.0, metavar="S",
        help="that a call of a function may take (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true",
        help="print the verdicts as JSON, as `pydoc minivit.checking.student.told` describes them",
    )  # fmt: skip
    parser.add_argument(
        "--caches", nargs="?", const="", metavar="OP",
        help="print what a backward that stands alone is given as its cache, and check nothing",
    )  # fmt: skip
    add_grading(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when everything is right, 1 when something is wrong or not written, 2 without a file."""
    fitting(arguments)
    if arguments.caches is not None:
        return print_caches(arguments.caches)
    need_hypothesis()
    points = given_points(arguments)
    if arguments.all is not None:
        from minivit.cli.check_class import grade_folder

        return grade_folder(arguments, points)
    return check_one(arguments, points)


def need_hypothesis() -> None:
    """InputError where the library that draws the inputs is missing."""
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise InputError(
            "minivit check needs Hypothesis, which draws the inputs: pip install 'minivit[check]'"
        ) from None


def print_caches(op: str) -> int:
    """The caches of all ops, or of one."""
    from minivit.checking.calls import OPS
    from minivit.checking.student.caches import lines
    from minivit.nearest import nearest

    if op and op not in OPS:
        raise InputError(f"{op!r} is no op{nearest(op, OPS)}: expected one of {', '.join(OPS)}")
    print("\n\n".join("\n".join(lines(one)) for one in ([op] if op else OPS)))
    return 0


def given_points(arguments: argparse.Namespace):
    """The points of --points; None without. InputError where they are for other ops."""
    if arguments.points is None:
        return None
    from minivit.checking.student.grading.points import read_points

    points = read_points(arguments.points)
    if arguments.only is not None and arguments.only not in points:
        raise InputError(f"{arguments.points} has no points for {arguments.only}: add it, or "
                         "leave --only out")  # fmt: skip
    return points


def check_one(arguments: argparse.Namespace, points) -> int:
    from minivit.checking.student.grading import awards, gradescope

    where = gradescope.place(arguments.out) if arguments.grader else None
    if where:
        gradescope.refuse_others(where)
    if where and arguments.exercise is not None:
        known_exercise(arguments.exercise)  # else it is the grader's mistake, not the student's
    try:
        answer = answer_of(arguments)
        checked, first = checked_answer(answer, arguments), answer.first
    except (InputError, OSError) as error:
        if where is None or arguments.exercise is None:
            raise
        checked, first = not_found(arguments.file, error), None
    if where:  # also where nothing was handed in
        gradescope.write(checked, points, where)
    elif checked.failed and checked.failed.kind == "file":
        raise InputError(f"{arguments.file}: {checked.failed}")
    given = awards.awards(checked, points) if points is not None else []
    if arguments.json:
        from minivit.checking.student.told import told

        grade = {"grade": awards.as_values(given)} if points is not None else {}
        print(json.dumps(told(checked) | grade, indent=2))
    else:
        from minivit.cli.check_report import report

        report(checked, given, where)
        if first and not checked.ok:
            print(f"Lines are counted so that the exercise's first line of code is {first}.")
    return 0 if where or checked.ok else 1


def not_found(path: str, error: Exception):
    """The verdicts on a file that lacks the answer: there are none, and that is to be told."""
    from minivit.checking.student.checked import Checked
    from minivit.checking.student.isolation.answers import Failed
    from minivit.cli.sentences import sentence

    why = sentence(error) if isinstance(error, OSError) else str(error)
    return Checked(path, (), Failed("file", why), "", "")


def checked_answer(answer, arguments: argparse.Namespace):
    """The verdicts on a file, on the file in a folder, or on an exercise's answer in a file."""
    from minivit.checking.student.checked import check
    from minivit.checking.student.grading.submissions import handed_in
    from minivit.checking.student.grading.whole_class import checked_file
    from minivit.cli.check_report import Bar

    bar, op, seconds = Bar(), answer.op, arguments.seconds
    try:
        if answer.source is None:
            file = handed_in(arguments.file)
            return checked_file(file, op, seconds, begin=bar.begin, tell=bar.tell)
        return check(arguments.file, only=op, source=answer.source, seconds=seconds,
                     begin=bar.begin, tell=bar.tell)  # fmt: skip
    finally:
        bar.close()
