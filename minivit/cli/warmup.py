"""Compile the kernels of a precision now, so that no later command in it waits for them; and clear
away old caches."""

import argparse

from minivit.cli.arguments import add_threads, one_of
from minivit.cli.precision import add_precision
from minivit.errors import InputError

HELP = "compile the kernels ahead of their first use, once per machine and precision"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dtype",
        type=one_of(("float32", "float64")),
        default="float32",
        metavar="TYPE",
        help="float32 or float64, of the numbers to compile for; gradient checks take float64 "
        "(default: float32)",
    )
    parser.add_argument(
        "--keep-old", action="store_true",
        help="leave the caches that no installation uses (default: remove them)",
    )  # fmt: skip
    add_precision(parser)
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    import time

    from minivit import backend

    if (arguments.dtype, arguments.precision) == ("float64", "bf16"):
        raise InputError(
            "--dtype is float64, of which gradient checks are made, and these round nothing: leave "
            "out --precision, or choose float32 numbers"
        )
    backend.use("numba", precision=arguments.precision, emulate=arguments.emulate)
    from minivit.checking.rehearsal import compile_plain
    from minivit.checking.twins import compare
    from minivit.kernels.compiling import cache, decorators, start

    if start.CACHE is None:
        raise InputError(
            f"the cache of kernels is off ({cache.why_none()}), so that nothing compiled now would "
            "be there later; `minivit doctor` says what to do"
        )
    if decorators.jit_is_off():
        raise InputError(
            "Numba's JIT is off (NUMBA_DISABLE_JIT), so that nothing is compiled: unset the "
            "variable and run `minivit warmup` again"
        )
    began = time.perf_counter()
    compile_plain(arguments.dtype)
    compare(backend.current(), arguments.dtype)  # calls all that this precision has
    ready = sum(bool(kernel.signatures) for kernel in start.kernels.values())
    emulated = "emulated " * arguments.emulate
    how = f", products in {emulated}bf16," * (arguments.precision == "bf16")
    print(
        f"{ready} kernels for {arguments.dtype}{how} are ready in {start.CACHE} "
        f"({cache.size(start.CACHE) / 1e6:.1f} MB); it took {time.perf_counter() - began:.1f} s."
    )
    if not arguments.keep_old:
        remove_old(cache)
    return 0


def remove_old(cache) -> None:
    """Delete the folders that no installation uses, and say so."""
    old = cache.old_folders()
    freed = sum(map(cache.size, old))
    gone = sum(map(cache.remove, old))
    if gone:
        what = "1 cache" if gone == 1 else f"{gone} caches"
        print(f"Removed {what} that no installation uses ({freed / 1e6:.1f} MB).")
    if gone < len(old):
        print(f"{len(old) - gone} more can't be removed; they lie in {old[0].parent}.")
    cache.forget_the_gone()
