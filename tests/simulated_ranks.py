"""Ranks that are threads of one process: the laws of training together, without MPI."""

import threading
from concurrent.futures import ThreadPoolExecutor

from minivit.training.ranks import Ranks


class Threads(Ranks):
    """One of several threads."""

    def __init__(self, number, table, barrier, *, ordered=True):
        self.number, self.count, self.ordered = number, len(table), ordered
        self.table, self.barrier = table, barrier

    def gather(self, mine):
        self.table[self.number] = mine
        self.barrier.wait()
        found = list(self.table)
        self.barrier.wait()
        return found


def on_each(count, work, **options):
    """What work(ranks) gives on each of `count` ranks; the first error is raised."""
    table, barrier = [None] * count, threading.Barrier(count, timeout=60)

    def begin(number):
        try:
            return work(Threads(number, table, barrier, **options))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(count) as threads:
        found = [threads.submit(begin, number) for number in range(count)]
    errors = [one.exception() for one in found if one.exception()]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    return [one.result() for one in found]
