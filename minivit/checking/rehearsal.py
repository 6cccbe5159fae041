"""A training step rehearsed, to compile its kernels beside a process that waits for them.

The kernels of a tiny plain model's step are not run, but noted, each with its arguments. Then they
are compiled, the last one first; minivit/kernels/compiling/second.py says why, and starts `main`
in a process of its own. Which kernels a step calls depends on the sizes (minivit/kernels/by_rows/
choice.py) and on the precision, so several models are rehearsed. Which of them the waiting process
needs shows in what it begins: until then, what several of them call is compiled.
In the place of what a kernel would have computed stand zeros: whatever lay in memory before could
be anything, a negative sum of squares too.
"""

import gc
import os
import signal
import sys
import threading

import numpy as np

from minivit import backend, chosen
from minivit.chosen import weights_stay
from minivit.models import ViT, ViTConfig
from minivit.models.losses import loss_backward, loss_forward
from minivit.ops.product import LONG as MANY_TOKENS
from minivit.optim import Adam


def model(side, width) -> ViTConfig:
    """One of `side` x `side` patches, whose two first weights of a block are of one size."""
    return ViTConfig(image=(2 * side, 2 * side), channels=1, patch=(2, 2), width=width, depth=1,
                     heads=2, mlp=3 * width, classes=3)  # fmt: skip


# Few tokens, of which attention takes a head per lane where registers are wide enough; more of
# them; weights that are packed before; those whose gradients come afterwards, too; and what is not
# done by rows. And so many tokens that attention multiplies in bf16, where that is chosen.
SHORT, LONG, LONGER = model(2, 8), model(8, 8), model(12, 8)
PACKED, PACKED_LONGER, LARGE = model(2, 152), model(12, 152), model(2, 304)
WIDE, WIDE_LONGER = model(2, 520), model(12, 520)
MODELS = SHORT, LONG, LONGER, PACKED, PACKED_LONGER, LARGE, WIDE, WIDE_LONGER  # wide ones last
IMAGES, OF_MANY_TOKENS = 64, 8
PATIENCE = 10.0  # seconds for the other process to begin one more kernel; none takes as long


def main(dtype: str, precision: str, emulate: str, *processors: str) -> None:
    """Compile until all is there, or until the process that asked for it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process
    if hasattr(os, "sched_setaffinity"):  # OpenMP may have bound the other process to one of them
        os.sched_setaffinity(0, map(int, processors))
    gc.disable()  # it ends before that matters
    backend.load("numba")
    # Not by `use`, which would ask this process's variables whose product it may take.
    chosen.choose(chosen.Chosen("numba", precision, emulate == str(True)))
    from minivit.kernels.compiling import claims, second
    from minivit.kernels.compiling.start import CACHE

    threading.Thread(target=end_with_the_other, daemon=True).start()
    second.pays = lambda: False  # no third process
    ours = f"rehearsal {dtype} {precision} {emulate}"
    if CACHE and claims.try_claim(CACHE / ours):  # else another one is at it
        compile_beside(rehearse_all(dtype))


begun: set[str] = set()  # by name, what the other process has compiled, or is compiling
told = threading.Event()  # that it has begun more
compiled: set[tuple] = set()  # the keys of those that this one has


def compile_beside(rehearsed: list[dict[tuple, tuple]]) -> None:
    """Compile what the other process comes to last, until nothing is left."""
    while True:
        told.clear()
        models = possible(rehearsed)
        if call := next_call(models):
            compile_call(*call)
        elif len(models) == 1 or not told.wait(PATIENCE):  # inference may not show which it is
            return


def possible(rehearsed: list[dict[tuple, tuple]]) -> list[dict[tuple, tuple]]:
    """Those of the models that the other process can have; all calls of them as one, if it compiles
    for several, as `minivit warmup` does.
    """
    found = [one for one in rehearsed if calls_all_begun(one, rehearsed)]
    return found or [{key: call for one in rehearsed for key, call in one.items()}]


def next_call(models: list[dict[tuple, tuple]]) -> tuple | None:
    """Of all that is needed and that neither has begun, what the other process comes to last.

    What it comes to next is left to it, as long as there is more: it would have to wait for that.
    And what it has passed by, it seems not to need.
    """
    soon = [next(filter(is_open, ahead(one)), None) for one in models]
    still = ahead(models[0])
    wanted = sorted(wanted_of(models), key=lambda key: (key not in still, key in soon))
    return models[0][wanted[0]] if wanted else None


def wanted_of(models: list[dict[tuple, tuple]]) -> list[tuple]:
    """The keys of what each of these models calls, what it calls last first; then of what all of
    them but the last one call, and so on, down to two; of two, also of what the first one calls.
    """
    fewest = 2 if len(models) > 2 else 1
    found = {}
    for count in range(len(models), fewest - 1, -1):
        needed = set.intersection(*map(set, models[:count]))
        found |= {key: None for key in reversed(models[0]) if key in needed and is_open(key)}
    return list(found)


def ahead(one: dict[tuple, tuple]) -> list[tuple]:
    """The keys of what this model calls after the last thing that the other process has begun."""
    keys = list(one)
    last = max((i for i, key in enumerate(keys) if name(key) in begun), default=-1)
    return keys[last + 1 :]


def is_open(key: tuple) -> bool:
    """Whether neither of the two processes has begun it."""
    return key not in compiled and name(key) not in begun


def calls_all_begun(one: dict, rehearsed: list[dict]) -> bool:
    """Whether this model's step calls all that the other process has begun of any model's step."""
    known = {name(key) for other in rehearsed for key in other}
    return begun & known <= {name(key) for key in one}


def name(key: tuple) -> str:
    kernel, _ = key
    return kernel.function.__name__


def compile_call(kernel, kind, arguments) -> None:
    kernel.compile_for(kind, arguments)
    compiled.add((kernel, kind))


def end_with_the_other() -> None:
    """Hear what the other process compiles, until its end of the pipe is closed; then end, but in
    the middle of no file."""
    from minivit.kernels.compiling import kept

    for line in sys.stdin:
        begun.add(line.strip())
        told.set()
    with kept.writing:
        os._exit(1)


def compile_plain(dtype: str) -> None:
    """Compile all that plain models of any size call in the chosen precision, for training and
    inference."""
    for config in MODELS:
        for done in step, inference:
            for key, call in rehearse(dtype, config, done).items():
                if key not in compiled:
                    compile_call(*call)


def rehearse_all(dtype: str) -> list[dict[tuple, tuple]]:
    """What a step of each model calls, in the chosen precision; of those that call the same, one:
    which of these the other process has would never show."""
    found = {}
    for config in MODELS:
        calls = rehearse(dtype, config)
        found.setdefault(frozenset(calls), calls)
    return list(found.values())


def step(model: ViT) -> None:
    """Forward, loss, backward, the gradient's length, AdamW."""
    ops, c = backend.current(), model.config
    logits, cache = model.forward(black_images(model))
    _, loss_cache = loss_forward(ops, c, logits, np.zeros(len(logits), int))
    dlogits = loss_backward(ops, c, logits.dtype.type(1), loss_cache)
    model.backward(dlogits, cache, free_cache=True)
    ops.global_norm(model.gradients.flat)
    Adam(model.parameters, weight_decay=0.1).step(model.gradients, 0.001)


def inference(model: ViT) -> None:
    """Images to logits by weights that stay as they are, as `evaluate` and `predict` do it."""
    with weights_stay():
        model.logits(black_images(model))


def black_images(model: ViT) -> np.ndarray:
    c = model.config
    count = IMAGES if c.tokens < MANY_TOKENS else OF_MANY_TOKENS
    return np.zeros((count, *c.image, c.channels), model.dtype)


def rehearse(dtype: str, config: ViTConfig, done=step) -> dict[tuple, tuple]:
    """The kernels that a step calls, or what else is done with a model, and the pieces that are
    compiled for themselves: each with a kind, and the arguments of its first call. The backend must
    be that of the kernels."""
    from minivit.kernels.compiling.by_address import ByAddress
    from minivit.kernels.compiling.shared import Shared

    noted = {}

    def note(kernel, kind, shares, *arguments):
        noted.setdefault((kernel, kind), (kernel, kind, arguments))
        fill_with_zeros(arguments)

    def note_piece(piece, kind, *arguments):
        noted.setdefault((piece, kind), (piece, kind, arguments))
        return 0

    call, at = Shared.__call__, ByAddress.at
    Shared.__call__, ByAddress.at = note, note_piece
    try:
        with np.errstate(all="ignore"):
            done(ViT(config, dtype=np.dtype(dtype), zero_head=False))
    finally:
        Shared.__call__, ByAddress.at = call, at
    return noted


def fill_with_zeros(arguments) -> None:
    """All arrays of real numbers among the arguments, and in tuples of them."""
    for x in arguments:
        if isinstance(x, tuple):
            fill_with_zeros(x)
        elif isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.flags.writeable:
            x[...] = 0
