"""What test_ranks_mpi.py starts in two processes: a kernel is compiled by one, the other waits."""

import numpy as np
from numba.core import event

from minivit import kernels
from minivit.training.mpi_ranks import ranks_of_launcher

ranks = ranks_of_launcher()
with event.install_recorder("numba:compile") as recorder:
    ranks.gather(None)  # they begin together
    x = np.ones((4, 8), np.float32)
    kernels.layernorm_forward(x, x[0], x[0], eps=1e-6)
begun = [one.data["dispatcher"].py_func for _, one in recorder.buffer if one.is_start]
own = {f"{each.__module__}.{each.__qualname__}" for each in begun}
first, second = ranks.gather(own)
if ranks.number == 0:
    print(len(first | second), len(first & second))
