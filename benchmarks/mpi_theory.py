"""What theory expects of machines that train one model together: the alpha-beta model.

A message of m bytes takes alpha + m beta seconds: alpha until the first byte is there, beta for
each. A sum over p machines halves what is still to be added log2(p) times, and then doubles what
is summed log2(p) times. So with n bytes, handed over in k pieces, it takes

    sum(p) = k 2 log2(p) alpha + 2 (p - 1)/p n beta

(Thakur, Rabenseifner, Gropp 2005, "Optimization of collective communication operations in MPICH".
A ring sends as many bytes, and no way of summing sends fewer; but it has 2 (p - 1) messages one
after the other, not 2 log2(p): Patarasu, Yuan 2009.) The additions themselves are left out: memory
is faster than the networks here. So is overlap: a sum that goes on during the backward takes less.
So are the small messages by which processes tell each other every step whether all goes well: some
10 log2(p) alpha, 5 ms for 1,024 machines.
"""

import math
from typing import NamedTuple

MACHINES = tuple(1 << i for i in range(11))  # 1, 2, 4, ... 1,024
LATENCY = 50e-6  # alpha of Ethernet by TCP/IP, of any speed: seconds, order of magnitude
PAPER_BATCH = 4096  # of the paper's trainings (Dosovitskiy et al. 2021, appendix B.1)


class Network(NamedTuple):
    """What lies between the machines."""

    name: str
    alpha: float  # seconds for a message
    beta: float  # seconds for a byte


class Work(NamedTuple):
    """What one machine computes in a step."""

    whole: float  # seconds of what every machine does whole: the optimiser
    each: float  # seconds of an image

    def seconds(self, images: float) -> float:
        return self.whole + images * self.each


class Load(NamedTuple):
    """What is summed in a step."""

    bytes: int
    pieces: int


NETWORKS = tuple(
    Network(f"{gigabits} Gbit/s", LATENCY, 8 / (gigabits * 1e9)) for gigabits in (1, 10, 100)
)


def bytes_sent(machines: int, size: float) -> float:
    """Bytes that each machine sends so that all have the sum of their vectors of `size` bytes."""
    return 2 * (machines - 1) / machines * size


def sum_seconds(machines: int, load: Load, network: Network) -> float:
    """The time of the sum over the machines."""
    messages = load.pieces * 2 * math.log2(machines)
    return messages * network.alpha + bytes_sent(machines, load.bytes) * network.beta


def network_of(name: str, machines: int, size: int, full: float, empty: float) -> Network:
    """The network on which the sum of `size` bytes took `full` seconds, that of one number `empty`.

    One number is too short to be halved: every machine exchanges it with log2(p) others.
    """
    sent = bytes_sent(machines, size)
    return Network(name, empty / math.log2(machines), max(full - empty, 0.0) / sent)


class Point(NamedTuple):
    """A step of so many machines."""

    machines: int
    compute: float  # seconds
    sum: float
    speedup: float  # times as many images in a second as one machine

    @property
    def seconds(self) -> float:
        return self.compute + self.sum

    @property
    def efficiency(self) -> float:
        return self.speedup / self.machines


def weak(machines: int, images: int, work: Work, load: Load, network: Network) -> Point:
    """Every machine has `images` of its own: the batch grows with the machines."""
    alone, summing = work.seconds(images), sum_seconds(machines, load, network)
    return Point(machines, alone, summing, machines * alone / (alone + summing))


def strong(machines: int, images: int, work: Work, load: Load, network: Network) -> Point:
    """The batch stays, and each machine has images / machines of it."""
    compute, summing = work.seconds(images / machines), sum_seconds(machines, load, network)
    return Point(machines, compute, summing, work.seconds(images) / (compute + summing))


def turning_point(images: int, work: Work, load: Load, network: Network) -> int | None:
    """The first number of machines that wait for the sum longer than they compute, as the batch
    stays; None if that is beyond the last.
    """
    for machines in MACHINES:
        point = strong(machines, images, work, load, network)
        if point.sum > point.compute:
            return machines
    return None
