"""The page of all claims, made from the tables that came with minivit."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from minivit.errors import InputError
from minivit.experiments import picture
from minivit.experiments.experiment import FULL, Experiment
from minivit.experiments.table import Table, read
from minivit.experiments.verdict import ANSWERS, NARROW, Verdict, verdict
from minivit.files import replacing

RESULTS = Path(__file__).parent / "results"
PAGE, PICTURES = "claims.md", "claims"
MARK = "<!-- written by `minivit experiment --claims`: what is changed here is lost -->"
HEAD = f"""{MARK}

# What the paper and its readers claim, redone in small

Every experiment is small: on two cores it takes 2 to 30 minutes (`minivit experiment --list`),
where the paper had hundreds to thousands of days of a TPU core. So what is said here holds for this
size, and a verdict says whether the claim can be seen in it. Below each stand the command and the
machine that made its table: of five of the seventeen this was one of sixteen cores.

Where nothing else is said, a model learns from 5,000 clothes (those of Fashion-MNIST that come with
minivit, in tables `fashion-small`: 28 x 28 pixels, mirrored and shifted by up to a pixel) and is
tested on 1,000; and a ViT is trained by Muon, at a rate of 0.01, and begins as trained models often
end: attention goes from like to like, and learned positions are sinusoids at first.

Verdicts are worked out from the tables (`minivit/experiments/verdict.py`). The *spread* of a
setting is the largest of its seeds' results less the least. One setting is *above* another if its
mean is the higher, by more than the larger of the two spreads; it is not if its mean is the lower
by as much; else it can't be told. Of settings that are equal, some 5 in 100 differ by as much with
three seeds, either way (against a fixed number some 8 in 100), so a single "yes" among many is not
much. Where nothing else is said, the spread is that of seeds alone: most test sets have 1,000
images, and what others would give is not in it; nor is what another processor gives for the same
seed, which can be as far away as what another seed gives. Where such an answer hangs on a
difference that exceeds the spread by less than {100 * NARROW:.0f} % of it, the page tells by how
much.

*At least* and *at most* hold if every seed is, and fail if none is (of three seeds that fall on
either side by chance, all are on the one that is asked in 1 of 8 cases). *Within* holds if
difference and spread together are no more, and fails if the difference is more than that and than
the spread. *No longer above* holds if what is left of a first lead, with its spread, is at most
half of it; it fails if the large one is still *above*, and can't be told without a first lead. A
group, whose members stand in brackets, holds if all of them do, and fails if one of them fails.

A claim agrees if all of its parts are "yes", in part if some are; it does not if none is and one is
"no", and can't be decided if none is either. What the parts come to is counted behind the verdict;
*one by one* counts each member of a group for itself. A *control* is no part of the claim, and the
verdict does not count it, even where it speaks against it; many were added when the results were
known. What begins "It may be that" is a guess, on which no verdict rests.

In the figures of our results a line goes through the means of the seeds, and a band from the least
seed to the most; where there are no lines, a dot is a seed, and an orange bar the mean (in "How far
heads look, by depth" a dot is a head of a seed, and there is no bar).
"""


class Shown(NamedTuple):
    """An experiment on the page."""

    experiment: Experiment
    table: Table | None
    verdict: Verdict | None  # None without a table, and for one of another version


def committed(name: str, results: Path = RESULTS) -> Table:
    """The table of an experiment that came with minivit; InputError if there is none."""
    path = results / f"{name}.csv"
    if not path.is_file():
        raise InputError(
            f"no result of {name!r} came with this minivit; make one with minivit experiment {name}"
        )
    return read(path)


def is_current(experiment: Experiment, table: Table) -> bool:
    """Whether a table is of the grid that the experiment has now."""
    return table.grid == experiment.grid(FULL)


def take_over(
    experiments: Iterable[Experiment], folder: Path, results: Path = RESULTS
) -> list[str]:
    """Copy the full tables of a folder to the results; returns a sentence for each that is there.

    A table of another grid than the experiment has now stays where it is.
    """
    said = []
    results.mkdir(parents=True, exist_ok=True)
    for experiment in experiments:
        path = folder / f"{experiment.name}.csv"
        if not path.is_file():
            continue
        if not is_current(experiment, read(path)):
            said.append(f"{path} is of another version of {experiment.name}, and is not taken")
            continue
        with replacing(results / path.name) as partial:
            partial.write_bytes(path.read_bytes())
        said.append(f"{path} is now among the results")
    return said


def shown(experiment: Experiment, results: Path) -> Shown:
    if not (results / f"{experiment.name}.csv").is_file():
        return Shown(experiment, None, None)
    table = committed(experiment.name, results)
    if not is_current(experiment, table):
        return Shown(experiment, table, None)
    return Shown(experiment, table, verdict(experiment.findings(table.rows), experiment.why))


def write_page(experiments: Iterable[Experiment], docs: Path, results: Path = RESULTS) -> Path:
    """Write docs/claims.md and a figure of each table below docs/claims.

    Raises InputError without that folder, for a page that is not ours and for damaged tables.
    """
    page = docs / PAGE
    if not docs.is_dir():
        raise InputError(f"{docs} is no folder: the page of all claims is made in a checkout")
    if page.exists() and not page.read_text("utf-8").startswith(MARK):
        raise InputError(f"{page} was not written by `minivit experiment --claims`: move it away")
    all_shown = [shown(experiment, results) for experiment in experiments]
    (docs / PICTURES).mkdir(exist_ok=True)
    for one in all_shown:
        if one.verdict:
            path = docs / PICTURES / f"{one.experiment.name}.png"
            picture.draw(one.experiment, one.table.rows, path)
    parts = [HEAD, overview(all_shown), *map(part, all_shown)]
    with replacing(page) as partial:
        partial.write_text("\n".join(parts), encoding="utf-8")
    return page


def overview(all_shown: list[Shown]) -> str:
    """A table of the verdicts."""
    lines = ["| experiment | is the claim seen here? |", "|---|---|"]
    for one in all_shown:
        said = one.verdict
        word = f"{said.word}: {said.counts}" if said else "no result of this version yet"
        lines.append(f"| [{one.experiment.title}](#{anchor(one.experiment.title)}) | {word} |")
    return "\n".join(lines) + "\n"


def part(one: Shown) -> str:
    """What the page tells of an experiment."""
    name, table = one.experiment.name, one.table
    lines = [f"## {one.experiment.title}", "", f"**The claim.** {one.experiment.claim}", ""]
    if table is None:
        return "\n".join([*lines, f"No result yet: `minivit experiment {name}`.", ""])
    if one.verdict is None:
        lines.append(f"The table is of another version of this experiment (grid {table.grid}), so "
                     f"it is not judged: `minivit experiment {name}` makes it anew.")  # fmt: skip
    else:
        lines += [*in_lines(one.verdict), "", f"![{name}]({PICTURES}/{name}.png)"]
    source = f"../minivit/experiments/results/{name}.csv"
    lines += ["", f"[{len(table.rows)} rows]({source}), by `{table.command}` on {table.machine}.",
              ""]  # fmt: skip
    return "\n".join(lines)


def in_lines(said: Verdict) -> list[str]:
    """A verdict in a sentence, with the guess why; then a line for each finding."""
    word = said.word[0].upper() + said.word[1:]
    sentence = f"**Here.** {word} ({said.counts}). {said.reason}".rstrip()
    lines = [
        f"- {'as a control, ' * finding.control}{finding.words}: **{ANSWERS[finding.holds]}**"
        for finding in said.findings
    ]
    return [sentence, "", *lines]


def anchor(title: str) -> str:
    """A heading's address on the page: small letters, - for spaces, nothing else."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")
