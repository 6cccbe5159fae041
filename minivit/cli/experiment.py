"""Redo a claim of the paper in small: train a grid of small models, and say what came out.

What is finished is kept: the same command goes on where a stop left it, and experiments share the
models of one folder.
"""

import argparse
from pathlib import Path

from minivit.cli.arguments import add_threads, folder_name, whole_number
from minivit.cli.printing import complain, one_line
from minivit.cli.progress import on_terminal
from minivit.errors import InputError
from minivit.nearest import nearest

HELP = "redo a claim of the paper in small: a table, a figure and a verdict"
FOLDER = Path("runs/experiments")
ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=f"what --list tells of, or {ALL}")
    add("--list", action="store_true", help="tell of each, and how long it takes")
    add("--quick", action="store_true",
        help="a version of under two minutes, which shows how it works")  # fmt: skip
    add("--out", type=folder_name, default=FOLDER, metavar="DIR",
        help=f"where models, tables and figures are kept (default: {FOLDER})")  # fmt: skip
    add("--jobs", type=whole_number(1), default=1, metavar="N",
        help="trainings at a time, in a process and with a thread each (default: 1)")  # fmt: skip
    add("--claims", action="store_true",
        help="in a checkout: take the tables of --out into the results, and write docs/claims.md "
        "and its figures from all results")  # fmt: skip
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    from minivit import backend
    from minivit.experiments import EXPERIMENTS, FULL, QUICK, check_data

    if bool(arguments.names) + arguments.list + arguments.claims != 1:
        raise InputError(
            f"give names of experiments, --list or --claims. There are {', '.join(EXPERIMENTS)}"
        )
    if arguments.list:
        print(listing(EXPERIMENTS.values()))
        return 0
    backend.prefer("numba")
    if arguments.claims:
        return write_claims(EXPERIMENTS.values(), arguments.out)
    check_jobs(arguments.jobs)
    chosen = [EXPERIMENTS[name] for name in wanted(arguments.names, EXPERIMENTS)]
    scale = QUICK if arguments.quick else FULL
    for experiment in chosen:
        check_ours(experiment, arguments.out, scale)
        check_data(experiment, scale)
    try:
        for experiment in chosen:
            one(experiment, scale, arguments)
    except KeyboardInterrupt:
        kept = one_line(str(arguments.out))
        print(f"\nInterrupted. What is finished is kept in {kept}; the same command goes on from "
              "there")  # fmt: skip
        return 130
    return 0


def check_jobs(jobs: int) -> None:
    """InputError for more processes than a machine can bear; a warning for more than it has."""
    from minivit.threads import checked, crowded

    if warning := crowded(checked("--jobs", str(jobs))):
        complain(warning.replace("threads", "jobs"))


def wanted(names: list[str], known) -> list[str]:
    """The experiments by name; InputError for an unknown one, with the nearest."""
    for name in names:
        if name not in known and name != ALL:
            raise InputError(
                f"there is no experiment {name!r}{nearest(name, [*known, ALL])}. There are "
                f"{', '.join(known)}; `minivit experiment --list` tells of each"
            )
    return list(known) if ALL in names else list(dict.fromkeys(names))


def files_of(experiment, out: Path, scale) -> tuple[Path, Path]:
    """Where its table and its figure lie."""
    name = experiment.name if scale.name == "full" else f"{experiment.name}-{scale.name}"
    return out / f"{name}.csv", out / f"{name}.png"


def check_ours(experiment, out: Path, scale) -> None:
    """InputError when another file lies where a table or a figure will be written."""
    from minivit.experiments import picture, table

    table_path, figure_path = files_of(experiment, out, scale)
    if table_path.exists():
        table.read(table_path)
    if figure_path.exists() and not (figure_path.is_file() and picture.is_ours(figure_path)):
        raise InputError(
            f"{figure_path} was not drawn by `minivit experiment`: move it away, or choose another "
            "--out"
        )


def one(experiment, scale, arguments: argparse.Namespace) -> None:
    """Run an experiment, write its table and its figure, and say what came out."""
    from tqdm import tqdm

    from minivit.experiments import picture, plan, run, table, verdict
    from minivit.figures.saving import can_draw
    from minivit.machine import busy
    from minivit.threads import thread_count

    todo = plan(experiment, arguments.out, scale)
    print(opening(experiment, scale, todo), flush=True)
    jobs = 1 if experiment.alone else arguments.jobs
    if experiment.alone and (warning := busy(thread_count())):
        complain(warning)
    bar = tqdm(total=todo.missing, unit="piece", disable=not on_terminal(), dynamic_ncols=True,
               leave=False, desc=experiment.name)  # fmt: skip
    with bar:
        found = run(experiment, arguments.out, scale=scale, jobs=jobs, on_piece=bar.update)
    table_path, figure_path = files_of(experiment, arguments.out, scale)
    made = as_table(experiment, scale, found, jobs)
    table.write(made, table_path)
    rows = table.read(table_path).rows  # as those who read it see them
    size = "In the quick version. " * (scale.name == "quick")
    print(size + verdict(experiment.findings(rows), experiment.why).sentence)
    if can_draw():
        picture.draw(experiment, rows, figure_path)
        print(one_line(f"Table and figure: {table_path}, {figure_path}"))
    else:
        missing = "No figure: it needs matplotlib (pip install matplotlib)"
        print(one_line(f"Table: {table_path}. {missing}"))


def opening(experiment, scale, todo) -> str:
    """What is to do, and how long that takes."""
    from minivit.training import time_in_words

    kept = f", {todo.kept} are kept already" if todo.kept else ""
    takes = (
        f"all of it takes about {time_in_words(60 * experiment.minutes)} on two cores"
        if scale.name == "full" else "the quick version, which shows how it works"
    )  # fmt: skip
    return f"{experiment.name}: {todo.missing} trainings and measurements to do{kept} ({takes})"


def as_table(experiment, scale, found, jobs: int):
    """The table, with how it was made; what another version made is said."""
    from minivit import __version__
    from minivit.experiments.table import Table

    if found.versions != [__version__]:
        print(f"Of these results some were made by minivit {', '.join(found.versions)}, and this "
              f"is {__version__}: give another --out to have all made anew")  # fmt: skip
    options = " --quick" * (scale.name == "quick") + f" --jobs {jobs}" * (jobs > 1)
    return Table(f"minivit experiment {experiment.name}{options}", "; and on ".join(found.machines),
                 experiment.grid(scale), ", ".join(found.versions), found.rows)  # fmt: skip


def listing(experiments) -> str:
    """Each experiment: its name, how long it takes, what it asks, and whether a result came."""
    from minivit.cli.tables import table
    from minivit.experiments.claims import RESULTS, shown
    from minivit.training import time_in_words

    rows = [("name", "takes about", "what it asks", "result here")]
    for experiment in experiments:
        one = shown(experiment, RESULTS)
        word = one.verdict.word if one.verdict else "of another version" if one.table else "-"
        rows.append((experiment.name, time_in_words(60 * experiment.minutes), experiment.title,
                     word))  # fmt: skip
    whole = time_in_words(60 * sum(experiment.minutes for experiment in experiments))
    return (
        f"{table(rows, '<><<')}\n\nTimes on two cores with --jobs 2; all together {whole}. "
        "Results that are here are told in docs/claims.md."
    )


def write_claims(experiments, out: Path) -> int:
    """Take new tables over, and write the page."""
    import minivit
    from minivit.experiments import take_over, write_page

    package = Path(minivit.__file__).parent
    results = package / "experiments" / "results"
    for sentence in take_over(experiments, out, results):
        print(sentence)
    page = write_page(experiments, package.parent / "docs", results)
    print(one_line(f"{page} and its figures are written"))
    return 0
