"""Which backend runs: the mathematics (`minivit.ops`, NumPy) or `minivit.kernels` (Numba).

Both offer the same coarse ops with the same signatures. A model asks `current()` once per forward
and remembers the answer in its cache, since a cache belongs to the backend that made it.
"""

import functools
import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from minivit import chosen
from minivit.errors import InputError

MODULES = {"numpy": "minivit.ops", "numba": "minivit.kernels"}

PRECISIONS = ("float32", "bf16")
F = TypeVar("F", bound=Callable)


def current() -> ModuleType:
    """The module whose ops run now: what was chosen, else MINIVIT_BACKEND's, else NumPy's."""
    return sys.modules[MODULES[name()]]


def name() -> str:
    """ "numpy" or "numba".

    A thread (or an asyncio task) that has not chosen takes the main thread's backend on first use,
    and keeps it: a choice in one thread switches no other.
    """
    now = chosen.now()
    if now is None:
        prefer("numpy")
        now = chosen.now()
    return now.backend


def use(
    name: str, *, matmul: str | None = None, precision: str = "float32", emulate: bool = False
) -> "Choice":
    """Run on "numpy" or "numba" from now on, or inside a `with` block, in this thread.

    Other threads keep their backend. Those that begin later take what the main thread chose
    outside of `with` blocks. The matrix product is one for all threads.

    matmul: whose matrix product the kernels take, "numba" (their own), "blas" (NumPy's) or "auto";
    if it is left out, what was chosen before, else what MINIVIT_MATMUL says, else the default
    (kernels/product/choice.py explains it).
    precision: "bf16" rounds the operands of the model's matrix products to bfloat16; all else, and
    the products' sums, stay as they are (ops/product.py defines it). The kernels need a processor
    with an instruction for it, unless they shall `emulate` it: round, and multiply in float32.
    Raises InputError for another name, a `matmul` with "numpy", and when Numba or bf16 can't be
    used.
    """
    if name not in MODULES:
        raise InputError(f'backend is {name!r}: choose "numpy" or "numba"')
    if name == "numpy" and matmul is not None:
        raise InputError(
            f'matmul is {matmul!r}, and the "numpy" backend always multiplies with NumPy\'s BLAS; '
            'leave it out, or use the "numba" backend'
        )
    _check_precision(precision, emulate)
    load(name)
    if name == "numba" and precision == "bf16" and not emulate:
        _need_instruction(matmul)
    take_back = _choose_product(matmul) if name == "numba" else None
    return Choice(chosen.choose(chosen.Chosen(name, precision, emulate)), take_back)


def _check_precision(precision: str, emulate: bool) -> None:
    if precision not in PRECISIONS:
        raise InputError(f'precision is {precision!r}: choose "float32" or "bf16"')
    if emulate and precision != "bf16":
        raise InputError(
            f'emulation is asked for, and the precision is "{precision}", which needs none: choose '
            '"bf16", or leave emulation out'
        )


def _need_instruction(matmul: str | None) -> None:
    """InputError where the kernels can't multiply bfloat16."""
    product = sys.modules.get("minivit.kernels.product.choice")
    if matmul == "blas" or (matmul is None and product and product.asked() == "blas"):
        where = "MINIVIT_MATMUL" if matmul is None else "matmul"
        raise InputError(
            f'{where} is "blas", and NumPy\'s BLAS has no product for bf16: leave it out, or '
            "emulate bf16"
        )
    instructions = sys.modules.get("minivit.kernels.product.bf16.instructions")
    if instructions is not None and instructions.instruction() is None:
        raise InputError(
            'precision is "bf16", and there is no instruction here that multiplies bfloat16 '
            "(avx512_bf16: AMD since Zen 4, Intel's servers since Sapphire Rapids; AMX): choose "
            '"float32", or emulate bf16 (--emulate; emulate=True), which rounds in the same way '
            "and multiplies in float32"
        )


def _choose_product(matmul: str | None) -> Callable[[], object] | None:
    """Tell the kernels whose product to take; returns a function that undoes it, or None."""
    product = sys.modules.get("minivit.kernels.product.choice")
    if product is None:  # a stand-in for the kernels
        return None
    if matmul is None:
        product.asked()  # InputError now, not in the middle of a training
        return None
    former = product.choose(matmul)
    return lambda: product.choose(former)


def precision() -> str:
    """Of this thread's matrix products: "float32", "bf16", or "bf16, emulated" by the kernels."""
    backend, now = name(), chosen.now()
    return f"{now.precision}, emulated" if now.emulate and backend == "numba" else now.precision


def unrounded(function: F) -> F:
    """The function, run on this thread's backend with products that round nothing.

    So gradients are checked: rounding is a staircase, and its steps have no slope.
    """

    @functools.wraps(function)
    def exactly(*arguments, **options):
        with use(name()):
            return function(*arguments, **options)

    return exactly


def load(name: str) -> ModuleType:
    """Import a backend; InputError, with the import's error as its cause, when that fails."""
    try:
        return importlib.import_module(MODULES[name])
    except (ImportError, OSError) as error:  # OSError: a library that llvmlite cannot load
        raise InputError(
            f"the Numba backend can't be used here ({error}); install a Numba that knows this "
            'NumPy, or use the "numpy" backend'
        ) from error


def prefer(name: str, *, precision: str = "float32", emulate: bool = False) -> None:
    """Use `name`, unless MINIVIT_BACKEND says otherwise; without Numba, say so and use NumPy."""
    wanted = os.environ.get("MINIVIT_BACKEND") or name
    if wanted not in MODULES:
        raise InputError(
            f'MINIVIT_BACKEND: backend is {wanted!r}: choose "numpy" or "numba", or leave it unset'
        )
    try:
        load(wanted)
    except InputError as error:
        if not isinstance(error.__cause__, (ImportError, OSError)):
            raise  # an environment variable has a wrong value
        if sys.stderr is not None:  # there is a console
            print(f"minivit: {error}; going on with NumPy.", file=sys.stderr)
        wanted = "numpy"
    use(wanted, precision=precision, emulate=emulate)


class Choice:
    """What `use` returns: leaving its `with` block brings what was chosen before back."""

    def __init__(self, former: tuple, take_back: Callable[[], object] | None = None):
        self.former, self.take_back = former, take_back

    def __enter__(self) -> "Choice":
        # Threads that begin meanwhile don't take the block's choice.
        chosen.set_default(self.former[1])
        return self

    def __exit__(self, *exception) -> None:
        chosen.put_back(self.former)
        if self.take_back is not None:
            self.take_back()
