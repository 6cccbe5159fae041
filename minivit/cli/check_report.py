"""What `minivit check FILE` prints: the table, then what is wrong with each op."""

from pathlib import Path

from minivit.checking.student import words
from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import Examined
from minivit.checking.student.grading.awards import Award, number, score_of
from minivit.cli.printing import one_line
from minivit.cli.progress import on_terminal
from minivit.cli.tables import table


class Bar:
    """A bar while ops are tried, with the last verdict beside it; none where nobody looks."""

    def __init__(self):
        self.bar = None

    def begin(self, ops: list[str]) -> None:
        from tqdm import tqdm

        if len(ops) > 1 and on_terminal():
            self.bar = tqdm(total=len(ops), unit=" ops", dynamic_ncols=True, leave=False)

    def tell(self, examined: Examined) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(f"{examined.op}: {examined.verdict}")
            self.bar.update()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def report(checked: Checked, given: list[Award], results: Path | None = None) -> None:
    """The verdicts, with the points that are given, if there are any."""
    rows = graded(checked, given) if given else plain(checked)
    if len(rows) > 1:
        print(table(rows, "<><><<" if given else "<><<<"))
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
    rows = [(*words.HEADS[:3], "points", *words.HEADS[3:])]
    for examined in checked.ops:
        op, inputs, verdict, *parts = words.row(examined)
        rows.append((op, inputs, verdict, points_of(op, given), *parts))
    there = {examined.op for examined in checked.ops}
    for op in dict.fromkeys(award.op for award in given if award.op not in there):
        rows.append((op, "0", "not in the file", points_of(op, given), "-", "-"))
    return rows


def points_of(op: str, given: list[Award]) -> str:
    """ "7 of 10"; "-" for an op without points."""
    own = [award for award in given if award.op == op]
    return "{} of {}".format(*map(number, score_of(own))) if own else "-"
