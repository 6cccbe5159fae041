"""The arguments of `python -m benchmarks NAME`, which are those of `minivit bench NAME` too.

Nothing here imports NumPy before `run`: the thread count must be set first.
"""

import argparse
import importlib
import json
import sys

from minivit.cli.arguments import folder_name, one_of, positive
from minivit.errors import InputError

BENCHMARKS = {
    "ceiling": "multiply-adds and memory bandwidth that this machine can reach",
    "products": "matrix products of a ViT: the kernels against NumPy's BLAS",
    "ops": "each op forward and backward: NumPy, kernels, PyTorch if installed",
    "step": "training steps and inference of six models, memory, time to the first step",
    "scaling": "a training step with more threads, images, tokens and width; curves in ./out",
    "roofline": "every kernel under the roof of this machine; a picture in ./out",
    "variations": "a training step with each option of the model, against the plain one",
    "augmentation": "each change of images that a recipe may have, against a training step",
    "learning": "grids of small models, trained for lessons 15 and 16: tables in ./out",
    "loading": "somebody else's ViT-B/16: time to load, memory to predict a photo, one forward",
    "parity": "logits and gradients of a ViT-B/16 beside Flax, timm and transformers",
    "precision": "what bf16 changes in logits and gradients, and which roundings change it",
    "transfer": "fine-tuning from clothes to digits at higher resolutions, against from scratch",
    "mpi": "processes that train together, against threads; what 1,024 machines would; a picture",
}

TIMED = ("seconds", "repeats")
TAKES = {  # the options that each benchmark takes, of those that not all take
    "ceiling": (),
    "products": TIMED,
    "ops": (*TIMED, "backends"),
    "step": (
        *TIMED, "backends", "configs", "vs", "against", "memory", "first_step", "precision",
        "emulate",
    ),
    "scaling": (*TIMED, "backends", "out"),
    "roofline": (*TIMED, "out", "precision"),
    "variations": TIMED,
    "augmentation": TIMED,
    "learning": ("grid", "out"),
    "loading": (*TIMED, "vs"),
    "parity": (),
    "precision": ("configs",),
    "transfer": (),
    "mpi": (*TIMED, "backends", "configs", "out"),
}  # fmt: skip
GRIDS = ("pooling", "positions")  # of learning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """NAME and the options. Defaults are those of `options.Options`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "benchmarks:\n" + "\n".join(f"  {n:<14}{h}" for n, h in BENCHMARKS.items())
    parser.add_argument(
        "name", type=one_of(BENCHMARKS), metavar="NAME", help=", ".join(BENCHMARKS) + " (see below)"
    )
    add = parser.add_argument
    add("grid", nargs="?", type=one_of(GRIDS), metavar="GRID",
        help=f"learning: {' or '.join(GRIDS)} (default: both)")  # fmt: skip
    add("--json", action="store_true", help="print the machine and all rows as JSON")
    add("--seconds", type=positive(float), default=argparse.SUPPRESS, metavar="X",
        help="what is timed: time for each case, all sides together (default: 10 a model, "
        "2 an op)")  # fmt: skip
    add("--repeats", type=positive(int), default=argparse.SUPPRESS, metavar="N",
        help="what is timed: turns of every side in a case (step: of each of its three "
        "processes), whatever time they take")  # fmt: skip
    add("--backends", default=argparse.SUPPRESS, metavar="LIST",
        help="ops, step, scaling, mpi: numba, numpy or numba,numpy (default: all)")  # fmt: skip
    add("--configs", default=argparse.SUPPRESS, metavar="LIST",
        help="step, precision, mpi: some of digits-bench,fashion,cifar,Ti/16,S/16,B/16 "
        "(default: all; of mpi cifar,Ti/16)")  # fmt: skip
    add("--vs", type=one_of(["torch"]), default=argparse.SUPPRESS, metavar="torch",
        help="step, loading: time PyTorch too, where it is installed")  # fmt: skip
    add("--against", type=folder_name, default=argparse.SUPPRESS, metavar="FOLDER",
        help="step: time this minivit against that of another checkout, in turns")  # fmt: skip
    add("--memory", action="store_true", help="step: measure the peak memory of training")
    add("--first-step", action="store_true", help="step: measure the time to the first step")
    add("--precision", type=one_of(["float32", "bf16"]), default=argparse.SUPPRESS, metavar="NAME",
        help="step, roofline: bf16, beside float32, or float32 alone (default)")  # fmt: skip
    add("--emulate", action="store_true",
        help="step: bf16 without the processor's instruction, multiplied in float32")  # fmt: skip
    add("--out", type=folder_name, default=argparse.SUPPRESS, metavar="DIR",
        help="scaling, roofline, learning, mpi: where pictures or tables go "
        "(default: out)")  # fmt: skip
    add("--tiny", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print a table or JSON; 1 where something that is compared is wrong.

    Raises InputError for what a benchmark needs and can't have.
    """
    from minivit.machine import busy, line, machine

    from .options import Options, progress

    refuse_idle(arguments)
    given = {n: v for n, v in vars(arguments).items() if n in Options.__dataclass_fields__}
    options = Options(**{n: v for n, v in given.items() if v is not None})
    benchmark = importlib.import_module(f".{arguments.name}", __package__)
    about = machine(options.threads)
    if warning := busy(options.threads):
        print(f"minivit: {warning}.", file=sys.stderr)
    rows = benchmark.measure(options)
    progress("")
    if arguments.json:
        print(json.dumps({"machine": about, "rows": rows}, indent=2))
    else:
        print(f"{line(about)}\n\n{benchmark.report(rows)}")
    return int(any(row.get("verdict") == "wrong" for row in rows))


def refuse_idle(arguments: argparse.Namespace) -> None:
    """InputError for an option that the chosen benchmark has no use for."""
    given = [n for n in (*TAKES["step"], *TAKES["learning"]) if getattr(arguments, n, None)]
    for name in given:
        if name not in TAKES[arguments.name]:
            users = " and ".join(user for user, taken in TAKES.items() if name in taken)
            typed = arguments.grid if name == "grid" else f"--{name.replace('_', '-')}"
            raise InputError(
                f"bench {arguments.name} has no use for {typed}; leave it out, or run {users}"
            )
