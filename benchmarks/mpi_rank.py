"""One process of a `mpi_group.Group`: python -m benchmarks.mpi_rank SOCKET."""

import socket
import sys
from multiprocessing.connection import Connection

from .sides import serve

if __name__ == "__main__":
    called = socket.socket(socket.AF_UNIX)
    called.connect(sys.argv[1])
    pipe = Connection(called.detach())
    serve(pipe, *pipe.recv())
