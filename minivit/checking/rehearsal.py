"""A training step rehearsed, to compile its kernels beside a process that waits for them.

The kernels of a tiny plain model's step are not run, but noted, each with its arguments. Then they
are compiled, the last one first; minivit/kernels/compiling/second.py says why, and starts `main`
in a process of its own. What a kernel would have written is whatever lay in memory before: nobody
looks at it.
"""

import gc
import os
import signal
import sys
import threading

import numpy as np

from minivit import backend
from minivit.models import ViT, ViTConfig
from minivit.models.losses import loss_backward, loss_forward
from minivit.optim import Adam

TINY = ViTConfig(
    image=(4, 4), channels=1, patch=(2, 2), width=8, depth=2, heads=2, mlp=8, classes=3
)


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
        for kernel, kind, arguments in reversed(rehearse(dtype)):
            kernel.compile_for(kind, arguments)


def end_with_the_other() -> None:
    """Wait until the other end of the pipe is closed; then end, but in the middle of no file."""
    from minivit.kernels.compiling import kept

    sys.stdin.buffer.read()
    with kept.writing:
        os._exit(1)


def rehearse(dtype: str) -> list[tuple]:
    """The kernels that a step calls: each with a kind, and the arguments of its first call."""
    from minivit.kernels.compiling.shared import Shared

    noted = {}

    def note(kernel, kind, shares, *arguments):
        noted.setdefault((kernel, kind), (kernel, kind, arguments))

    call, Shared.__call__ = Shared.__call__, note
    try:
        with backend.use("numba"), np.errstate(all="ignore"):
            step(ViT(TINY, dtype=np.dtype(dtype), zero_head=False))
    finally:
        Shared.__call__ = call
    return list(noted.values())


def step(model: ViT) -> None:
    """Forward, loss, backward, the gradient's length, AdamW."""
    ops, c = backend.current(), model.config
    logits, cache = model.forward(np.zeros((2, *c.image, c.channels), model.dtype))
    _, loss_cache = loss_forward(ops, c, logits, np.zeros(2, int))
    dlogits = loss_backward(ops, c, logits.dtype.type(1), loss_cache)
    model.backward(dlogits, cache, free_cache=True)
    ops.global_norm(model.gradients.flat)
    Adam(model.parameters, weight_decay=0.1).step(model.gradients, 0.001)
