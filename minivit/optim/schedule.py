"""Learning rate schedules."""

import math


def warmup_cosine(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """The learning rate of step 0, 1, ..., steps - 1: up in a line, then down half a cosine.

    peak (step + 1) / warmup while step < warmup; after that
    peak (1 + cos(pi (step - warmup) / (steps - warmup))) / 2, which would reach 0 at `steps`
    (Loshchilov and Hutter 2017, equation 5, without restarts).
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))
