"""Learning rate schedules: up in a line, then down half a cosine, down in a line, or straight on.

All take step = 0, 1, ..., steps - 1, and begin with peak (step + 1) / warmup while step < warmup.
(Warm-up and linear or cosine decay: the ViT paper, appendix B.1.)
"""

import math
from collections.abc import Callable, Mapping


def warmup_cosine(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """The learning rate of step 0, 1, ..., steps - 1: up in a line, then down half a cosine.

    peak (step + 1) / warmup while step < warmup; after that
    peak (1 + cos(pi (step - warmup) / (steps - warmup))) / 2, which would reach 0 at `steps`
    (Loshchilov and Hutter 2017, equation 5, without restarts).
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def warmup_linear(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """Up in a line, then down in a line, peak (steps - step) / (steps - warmup): 0 at `steps`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (steps - step) / max(1, steps - warmup)


def warmup_constant(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """Up in a line, then the peak to the end."""
    return peak * (step + 1) / warmup if step < warmup else peak


SCHEDULES: Mapping[str, Callable] = {
    "cosine": warmup_cosine,
    "linear": warmup_linear,
    "constant": warmup_constant,
}
