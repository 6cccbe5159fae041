"""SGD's step, one pass over flat vectors, the twin of `minivit.ops.sgd`.

With momentum it reads three numbers a parameter and writes two, without it two and one. Threaded
over chunks of equal size, as Adam's.
"""

import numpy as np
from numba import get_num_threads

from minivit.ops.sgd import checked

from .compiling import jit, shared
from .inputs import like

CHUNK = 16384  # elements


def sgd_step(
    parameters, gradients, velocity=None, *,
    learning_rate, momentum=0.0, nesterov=False, weight_decay=0.0, decayed=0, scale=1.0,
):  # fmt: skip
    """One step, in place, on flat vectors (n,) of one dtype.

    g = scale gradient + wd p (the decay for the first `decayed` elements only); v = mu v + g;
    p -= lr v, or lr (g + mu v) with Nesterov's look ahead. Without a velocity p -= lr g.
    """
    gradients = checked(parameters, gradients, velocity, momentum)
    (gradients,) = like(parameters, gradients)
    numbers = np.array((scale, momentum, learning_rate, weight_decay), parameters.dtype)
    chunks = (parameters.size + CHUNK - 1) // CHUNK
    _sgd_into((parameters.dtype, velocity is None), min(get_num_threads(), chunks), parameters,
              velocity, gradients, numbers, bool(nesterov), int(decayed))  # fmt: skip


@shared(small_op=True)
def _sgd_into(share, shares, p, v, g, numbers, nesterov, decayed):
    """An equal run of the chunks; v is None without momentum."""
    chunks = (p.size + CHUNK - 1) // CHUNK
    first = share * chunks // shares * CHUNK
    last = min((share + 1) * chunks // shares * CHUNK, p.size)
    middle = min(max(first, decayed), last)
    _sgd_range(p, v, g, first, middle, numbers, numbers[3], nesterov)
    _sgd_range(p, v, g, middle, last, numbers, numbers.dtype.type(0), nesterov)


@jit
def _sgd_range(p, v, g, start, end, numbers, decay, nesterov):
    scale, momentum, rate = numbers[0], numbers[1], numbers[2]
    # Unsigned: an index that may be negative keeps loops from vectorising.
    for i in range(np.uintp(start), np.uintp(end)):
        update = scale * g[i] + decay * p[i]
        if v is not None:
            fast = momentum * v[i] + update
            v[i] = fast
            update = update + momentum * fast if nesterov else fast
        p[i] -= rate * update
