"""How kernels are compiled, kept and entered.

start.py        what happens once, when the kernels are first imported
decorators.py   `jit` for serial pieces, `parallel_jit` for parallel loops
shared.py       `shared`: a function that all threads run, each for its share
words.py        how its arguments reach it, whatever they are
address.py      a function compiled once, to be called by its address
by_address.py   `by_address`: a piece that many kernels call in that way
passes.py       what of Numba's work on a function is left out
entrance.py     one Python thread at a time, and none in a forked process
cache.py        the folder that compiled kernels are kept in
kept.py         the code of one function in that folder, sealed: damaged code is compiled anew
claims.py       of two processes, one compiles a function and the other waits for it
second.py       a second process, which compiles half of what a training step needs
installations.py  which installation uses which folder
announce.py     says that kernels are being compiled, while they are
waiting.py      how long a thread without work spins before it sleeps
memory.py       freed memory is kept for the next array
"""

import minivit.kernels.compiling.start  # noqa: F401, I001  first: it sets the threads before Numba loads

from minivit.kernels.compiling.by_address import by_address, call
from minivit.kernels.compiling.decorators import jit, parallel_jit
from minivit.kernels.compiling.shared import shared

__all__ = ["by_address", "call", "jit", "parallel_jit", "shared"]
