"""What a benchmark is asked to do."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from minivit.errors import InputError
from minivit.threads import thread_count


@dataclass(frozen=True)
class Options:
    threads: int = 0  # 0: what MINIVIT_NUM_THREADS says, or every processor
    seconds: float | None = None  # for each timed case, all sides together; None: as usual
    repeats: int | None = None  # turns of every side, instead of a budget
    configs: str | None = None  # e.g. "digits-bench,cifar"; None: all
    backends: str | None = None  # e.g. "numba"; None: all that run here
    vs: str | None = None  # "torch"
    against: Path | None = None  # the folder of another checkout
    memory: bool = False
    first_step: bool = False
    precision: str = "float32"  # or "bf16", of matrix products
    emulate: bool = False  # bf16 without the processor's instruction
    tiny: bool = False  # sizes for a test: every path runs, the figures mean nothing
    out: Path = Path("out")
    grid: str | None = None  # of learning, e.g. "pooling"; None: all

    def __post_init__(self):
        object.__setattr__(self, "threads", self.threads or thread_count())
        if self.vs and self.against:
            raise InputError(
                "--vs compares with PyTorch and --against with another checkout: choose one of them"
            )
        if self.vs == "torch" and not has_torch():
            raise InputError(
                "PyTorch is not installed, so there is nobody to compare with: install its CPU "
                'build, for which PyTorch\'s page "Get Started" has the command (on Linux '
                "`pip install torch` brings gigabytes for graphics cards), or leave out --vs"
            )

    def chosen_backends(self) -> list[str]:
        """The backends to time, best first; InputError if one of them can't do what is asked."""
        names = self.backends_here()
        for name in names:
            need_precision(name, self)
        return names

    def backends_here(self) -> list[str]:
        """Those that are named, else those that run here; InputError if a named one can't run."""
        if self.backends is None:
            reason = why_no_kernels()
            if reason:
                print(f"minivit: {reason}; timing the NumPy backend alone.", file=sys.stderr)
            return ["numpy"] if reason else ["numba", "numpy"]
        names = self.backends.split(",")
        for name in names:
            if name not in ("numpy", "numba"):
                raise InputError(f'backend is {name!r}: choose "numpy", "numba" or both')
            if name == "numba":
                need_kernels()
        return names


def has_torch() -> bool:
    return find_spec("torch") is not None


def why_no_kernels() -> str | None:
    """None when the Numba kernels run here, else a clause that says what is in the way."""
    from minivit import backend

    try:
        with backend.use("numba"):
            return None
    except InputError as error:
        return str(error)


def need_kernels() -> None:
    """InputError without the kernels."""
    reason = why_no_kernels()
    if reason:
        raise InputError(f"this benchmark needs the Numba kernels: {reason}")


def need_precision(name: str, options: Options) -> None:
    """InputError where a backend can't multiply in the precision that is asked for."""
    from minivit import backend

    with backend.use(name, precision=options.precision, emulate=options.emulate):
        pass


def has_matplotlib() -> bool:
    return find_spec("matplotlib") is not None


def need_matplotlib(what: str) -> None:
    """InputError without the plots extra."""
    if not has_matplotlib():
        raise InputError(
            f"{what} is a picture, and Matplotlib is not installed; pip install matplotlib"
        )


def progress(text: str) -> None:
    """What is being measured, on a terminal's last line; nothing when nobody watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
