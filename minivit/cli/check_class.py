"""`minivit check --all FOLDER --csv FILE`: a bar during the grading, then a summary."""

import argparse
from collections.abc import Callable

from minivit.cli.printing import one_line, some
from minivit.cli.progress import on_terminal
from minivit.cli.tables import table
from minivit.files import typed

FAILURES = 20  # submissions that were not checked, of which the summary tells why


def grade_folder(arguments: argparse.Namespace, points) -> int:
    """0 once all submissions are graded, whatever came of them."""
    from tqdm import tqdm

    from minivit.checking.student.grading.whole_class import grade

    bar = None

    def begin(count: int, kept: int) -> None:  # known by now: a bar without a total says nothing
        nonlocal bar
        bar = tqdm(
            total=count, initial=kept, unit=" submissions", disable=not on_terminal(),
            dynamic_ncols=True, leave=False,
        )  # fmt: skip

    try:
        graded = grade(
            arguments.all, arguments.csv, points=points, only=arguments.only,
            seconds=arguments.seconds, begin=begin, tell=lambda row: bar.update(),
        )  # fmt: skip
    finally:
        if bar is not None:
            bar.close()
    summary(graded, arguments.csv, lambda line="": print(one_line(line)))
    return 0


def summary(graded, path: str, say: Callable[..., None]) -> None:
    """How many are right, which causes were most common, what could not be checked."""
    from minivit.checking.student.grading import summary as of

    kept = f", {graded.kept} of them graded before" if graded.kept else ""
    say(f"{of.verdicts(graded.rows)}{kept}. Table: {typed(path)}")
    if ops := of.of_ops(graded.rows):
        print()
        heads = ("op", "right", "wrong", "not written", "missing", "not checked")
        print(table([heads, *([str(cell) for cell in op] for op in ops)], "<>"))
    if causes := of.common_causes(graded.rows):
        say()
        say("The most common causes:")
        for cause, count in causes:
            say(f"{count:5d}  {cause}")
    if others := of.common_troubles(graded.rows):
        say()
        say("Without a known cause:")
        for trouble, count in others:
            say(f"{count:5d}  {trouble}")
    if failures := of.failures(graded.rows):
        say()
        say("Not checked:")
        for name, why in failures[:FAILURES]:
            say(f"  {name}: {why}")
        if len(failures) > FAILURES:
            say(f"  and {len(failures) - FAILURES} more, as the table tells")
    if graded.left_out:
        say(f"Left out, since their names do not end in .py: {some(graded.left_out)}")
    if graded.others:
        rows = "1 row is" if graded.others == 1 else f"{graded.others} rows are"
        say(f"{rows} of submissions that are not in this folder, and stayed as they were.")
