"""What happens once, when the kernels are first imported: all of it, in this order.

1. Numba is told how many threads to start: it reads that when it is imported, and never again.
2. The C library is asked to keep freed memory (memory.py).
3. OpenMP is loaded, and told how long a thread spins before it sleeps (waiting.py).
4. The folder for compiled kernels is found or made (cache.py).
5. A listener is registered that announces what is compiled (announce.py).
6. Another is told of forks: a child must not run kernels (entrance.py).
"""

import os
import sys

from minivit.threads import checked, processors, thread_count

if "numba" not in sys.modules:
    if os.environ.get("MINIVIT_NUM_THREADS"):
        os.environ["NUMBA_NUM_THREADS"] = str(thread_count())
    given = os.environ.get("NUMBA_NUM_THREADS") or str(thread_count())
    os.environ["NUMBA_NUM_THREADS"] = str(checked("NUMBA_NUM_THREADS", given))

from .announce import Announcer
from .cache import cache_folder
from .entrance import after_fork
from .memory import keep_freed_memory
from .waiting import load_openmp

keep_freed_memory()
PROCESSORS = processors()  # before OpenMP, which may bind this thread to one of them
load_openmp()
CACHE = cache_folder()
kernels: dict = {}  # of a plain narrow model's step, by name; each has its `signatures`
announcer = Announcer(kernels, "once per machine" if CACHE else "which no cache will keep")
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
