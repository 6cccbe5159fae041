"""A training step rehearsed, to compile its kernels beside a process that waits for them.

The kernels of a tiny plain model's step are not run, but noted, each with its arguments. Then they
are compiled, the last one first; minivit/kernels/compiling/second.py says why, and starts `main`
in a process of its own. It rehearses twice: with few images, and with so many that attention takes
its other way. Kernels of both are compiled first; those of only one, if the waiting process has
begun one of them.
What a kernel would have written is whatever lay in memory before: nobody looks at it.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterable

import numpy as np

from minivit import backend
from minivit.models import ViT, ViTConfig
from minivit.models.losses import loss_backward, loss_forward
from minivit.optim import Adam

TINY = ViTConfig(
    image=(4, 4), channels=1, patch=(2, 2), width=8, depth=2, heads=2, mlp=8, classes=3
)
FEW, MANY = 2, 64  # images


def main(dtype: str, *processors: str) -> None:
    """Compile until all is there, or until the process that asked for it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process
    if hasattr(os, "sched_setaffinity"):  # OpenMP may have bound the other process to one of them
        os.sched_setaffinity(0, map(int, processors))
    gc.disable()  # it ends before that matters
    backend.load("numba")
    from minivit.kernels.compiling import claims, second
    from minivit.kernels.compiling.start import CACHE

    threading.Thread(target=end_with_the_other, daemon=True).start()
    second.pays = lambda: False  # no third process
    if CACHE and claims.try_claim(CACHE / f"rehearsal {dtype}"):  # else another one is at it
        few, many = rehearse(dtype, FEW), rehearse(dtype, MANY)
        compile_all(few[key] for key in few if key in many)
        for some, others in ((few, many), (many, few)):
            rest = [some[key] for key in some if key not in others]
            if begun & {kernel.function.__name__ for kernel, _, _ in rest}:
                compile_all(rest)


begun: set[str] = set()  # the kernels that the other process has compiled, or is compiling


def compile_all(calls: Iterable[tuple]) -> None:
    """Compile for each of these calls, the last one first."""
    for kernel, kind, arguments in reversed(list(calls)):
        kernel.compile_for(kind, arguments)


def end_with_the_other() -> None:
    """Hear what the other process compiles, until its end of the pipe is closed; then end, but in
    the middle of no file."""
    from minivit.kernels.compiling import kept

    for line in sys.stdin:
        begun.add(line.strip())
    with kept.writing:
        os._exit(1)


def rehearse(dtype: str, images: int) -> dict[tuple, tuple]:
    """The kernels that a step calls, and the pieces that are compiled for themselves: each with a
    kind, and the arguments of its first call."""
    from minivit.kernels.compiling.by_address import ByAddress
    from minivit.kernels.compiling.shared import Shared

    noted = {}

    def note(kernel, kind, shares, *arguments):
        noted.setdefault((kernel, kind), (kernel, kind, arguments))

    def note_piece(piece, kind, *arguments):
        noted.setdefault((piece, kind), (piece, kind, arguments))
        return 0

    call, at = Shared.__call__, ByAddress.at
    Shared.__call__, ByAddress.at = note, note_piece
    try:
        with backend.use("numba"), np.errstate(all="ignore"):
            step(ViT(TINY, dtype=np.dtype(dtype), zero_head=False), images)
    finally:
        Shared.__call__, ByAddress.at = call, at
    return noted


def step(model: ViT, images: int = FEW) -> None:
    """Forward, loss, backward, the gradient's length, AdamW."""
    ops, c = backend.current(), model.config
    logits, cache = model.forward(np.zeros((images, *c.image, c.channels), model.dtype))
    _, loss_cache = loss_forward(ops, c, logits, np.zeros(images, int))
    dlogits = loss_backward(ops, c, logits.dtype.type(1), loss_cache)
    model.backward(dlogits, cache, free_cache=True)
    ops.global_norm(model.gradients.flat)
    Adam(model.parameters, weight_decay=0.1).step(model.gradients, 0.001)
