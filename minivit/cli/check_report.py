"""What `minivit check FILE` prints: the table, then what is wrong with each op."""

from pathlib import Path

from minivit.checking.student import words
from minivit.checking.student.checked import Checked
from minivit.checking.student.grading.awards import Award, number, score_of
from minivit.cli.printing import one_line
from minivit.cli.tables import table


def report(checked: Checked, given: list[Award], results: Path | None = None) -> None:
    """The verdicts, with the points that are given, if there are any."""
    rows = graded(checked, given) if given else plain(checked)
    if len(rows) > 1:
        print(table(rows, "<><<><" if given else "<><<<"))
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
    if given:
        print("{} of {} points.".format(*map(number, score_of(given))))
    if results:
        print(one_line(f"Results: {results}"))


def plain(checked: Checked) -> list[tuple[str, ...]]:
    return [words.HEADS, *map(words.row, checked.ops)]


def graded(checked: Checked, given: list[Award]) -> list[tuple[str, ...]]:
    """The same with points; an op that has some and is not in the file has a row, too."""
    rows = [(*words.HEADS[:-1], "points", words.HEADS[-1])]
    for examined in checked.ops:
        *cells, verdict = words.row(examined)
        rows.append((*cells, points_of(examined.op, given), verdict))
    there = {examined.op for examined in checked.ops}
    for op in dict.fromkeys(award.op for award in given if award.op not in there):
        rows.append((op, "0", "-", "-", points_of(op, given), "not in the file"))
    return rows


def points_of(op: str, given: list[Award]) -> str:
    """ "7 of 10"; "-" for an op without points."""
    own = [award for award in given if award.op == op]
    return "{} of {}".format(*map(number, score_of(own))) if own else "-"
