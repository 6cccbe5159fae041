"""`minivit gradcheck [OP | NAME | RUN]`: is every handwritten gradient right?"""

import argparse
import inspect
import json
from pathlib import Path

from minivit.cli.arguments import add_threads, whole_number
from minivit.cli.configuration import add_options, given, refuse
from minivit.cli.opening import asked_of
from minivit.cli.printing import complain
from minivit.errors import InputError
from minivit.nearest import nearest

HELP = "compare the handwritten gradients with finite differences"
FORWARDS = (
    "A gradient is compared with differences of its own forward: whether that forward is right "
    "shows nowhere above. `minivit check FILE` compares an op that you wrote with minivit's."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.models import ViTConfig

    parser.description = (
        "Compares the handwritten gradients of minivit's own ops and models with finite "
        "differences. `minivit check FILE` checks layers that you wrote, and says what is wrong."
    )
    parser.add_argument(
        "target",
        nargs="?",
        metavar="OP|NAME|RUN",
        help="an op such as layernorm, a variant such as B/16 (shrunk to a small size), or a run "
        "folder or checkpoint file; by default every op",
    )
    parser.add_argument(
        "--seed", type=whole_number(0), default=0, metavar="N",
        help="of what is drawn (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true", help="print the tables as JSON (default: as text)"
    )
    add_threads(parser)
    add_options(parser, "what is changed in a variant", ViTConfig)


def run(arguments: argparse.Namespace) -> int:
    """0 when every gradient is right, 1 when one is wrong."""
    from minivit.models import ViTConfig

    reports = check(arguments.target, arguments.seed, given(arguments, ViTConfig))
    ok = all(report.ok for report in reports)
    checked = checked_files(arguments.target)
    if arguments.json:
        values = {"ok": ok, **checked, "reports": [report.to_dict() for report in reports]}
        print(json.dumps(values, indent=2))
        return 0 if ok else 1
    if arguments.target is None:
        print_summary(reports)
    else:
        print("\n\n".join(map(str, reports)))
    print()
    print(checked_sentence(**checked))
    print(FORWARDS)
    print(closing_sentence(reports))
    return 0 if ok else 1


def check(target: str | None, seed: int, changes: dict) -> list:
    """The reports on a target; InputError when it is none, or can't be changed."""
    from minivit.checking.samples import OPS, check_sample, samples
    from minivit.checking.targets import check_run, check_variant
    from minivit.models.variants import VARIANTS, own_name

    if target is None or target in OPS:
        refuse(changes, f"{target} is an op" if target else "none is named")
        names = list(OPS) if target is None else [target]
        return [check_sample(sample, seed) for op in names for sample in samples(op, seed)]
    if target in VARIANTS:
        return [check_variant(target, seed, changes)]
    if target == "" or Path(target).exists():  # "" as a path would be the current folder
        asked = asked_of(changes)
        refuse(changes, f"{target} is a run or a checkpoint")
        return [check_run(target, seed, announce=complain, **asked._asdict())]
    if own_name(target):  # by an alias
        return [check_variant(target, seed, changes)]
    raise InputError(
        f"{target!r} is no op, no variant and no file or folder here"
        f"{nearest(target, (*OPS, *VARIANTS))}. The ops are {', '.join(OPS)}; the variants "
        f"{', '.join(VARIANTS)}"
    )


def checked_files(target: str | None) -> dict:
    """The backend that ran, and the files whose code ran: not always those that were edited."""
    from minivit import backend
    from minivit.checking.samples import OPS

    module = backend.current()
    if target in OPS:
        files = [inspect.getfile(getattr(module, f"{target}_backward"))]
    else:
        files = [str(Path(module.__file__).parent)]
    if target is not None and target not in OPS:
        from minivit import models

        files.append(str(Path(models.__file__).parent))
    return {"backend": backend.name(), "files": files}


def checked_sentence(backend: str, files: list[str]) -> str:
    """Which files were checked; with the kernels, that a change in the ops is never run."""
    title = {"numpy": "NumPy", "numba": "Numba"}[backend]
    checked = f"Checked on the {title} backend: {' and '.join(files)}."
    if backend == "numpy":
        return checked
    return (
        f"{checked} The ops in minivit/ops were not run, and a change there shows nowhere above: "
        'unset MINIVIT_BACKEND, or set it to "numpy", to check them.'
    )


def print_summary(reports: list) -> None:
    """A line for each report, and the whole table of those with something wrong."""
    width = max(len(report.title) for report in reports)
    print(f"{'op':<{width}}  {'worst relative error':>20}  verdict")
    for report in reports:
        print(f"{report.title:<{width}}  {report.worst:>20.1e}  {report.verdict}")
    for report in reports:
        if not report.ok:
            print(f"\n{report}")


def closing_sentence(reports: list) -> str:
    rows = [row for report in reports for row in report.rows]
    wrong = sum(row.verdict == "wrong" for row in rows)
    problems = sum(len(report.problems) for report in reports)
    if problems:
        return f"{wrong} of {len(rows)} gradients are wrong, and {problems} rules are broken."
    if wrong:
        return f"{wrong} of {len(rows)} gradients {'is' if wrong == 1 else 'are'} wrong."
    return f"All {len(rows)} gradients are right."
