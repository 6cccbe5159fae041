"""Where workspaces begin, and how far apart the threads' parts of one lie.

Each thread works in a part of its own, but what the processor fetches ahead at the end of one part
is what another thread is writing: side by side, two threads did the attention of 512 small heads in
1.37 ms, 4 kB apart in 1.25 ms, and 64 kB apart in 1.16 ms.
"""

import numpy as np

APART = 1 << 16  # bytes, which nobody touches


def aligned(size, dtype):
    """So many numbers, the first of which begins a cache line."""
    numbers = np.empty(size + 64 // dtype.itemsize, dtype)
    first = -numbers.ctypes.data % 64 // dtype.itemsize
    return numbers[first : first + size]
