"""--precision and --emulate: in which precision a verb multiplies matrices."""

import argparse

from minivit.cli.arguments import one_of


def add_precision(parser: argparse.ArgumentParser) -> None:
    """The options of the verbs that work for long, whose `prefer_kernels` follows them; and of the
    one that compiles for these."""
    from minivit.backend import PRECISIONS

    parser.add_argument(
        "--precision", type=one_of(PRECISIONS), default="float32", metavar="|".join(PRECISIONS),
        help="of what matrix products multiply; bf16 rounds it to bfloat16, which some processors "
        "multiply faster, and leaves all else in float32 (default: float32)",
    )  # fmt: skip
    parser.add_argument(
        "--emulate", action="store_true",
        help="with --precision bf16 on a processor without an instruction for it: round in the "
        "same way, and multiply in float32, which is slower",
    )  # fmt: skip


def prefer_kernels(arguments: argparse.Namespace) -> None:
    """The kernels, unless MINIVIT_BACKEND says otherwise, in the precision that is asked for.

    Raises InputError where they can't multiply in it.
    """
    from minivit import backend

    backend.prefer("numba", precision=arguments.precision, emulate=arguments.emulate)


def as_typed() -> str:
    """The options of this thread's precision as a shell takes them, behind a blank; or ""."""
    from minivit import chosen

    now = chosen.now()
    if now is None or now.precision == "float32":
        return ""
    return f" --precision {now.precision}" + " --emulate" * now.emulate
