"""Hypothesis without its folder `.hypothesis`, which would appear where a user happens to be.

It keeps there what it read of our sources, also without a database of examples.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from hypothesis import configuration

HOME = "__hypothesis_home_directory"  # of its module: where its folder is to be, or None

lock = Lock()
within, former = 0, None  # how many are looking for points now, and what holds without them


@contextmanager
def nothing_stored() -> Iterator[None]:
    """While the block runs, in one thread or in several, Hypothesis can't store anything.

    Afterwards its folder is where it was, for the tests of a user in this process.
    """
    global within, former
    with lock:
        if within == 0:
            former = vars(configuration).get(HOME)
            configuration.set_hypothesis_home_dir(os.devnull)  # no folder can be made below it
        within += 1
    try:
        yield
    finally:
        with lock:
            within -= 1
            if within == 0:
                configuration.set_hypothesis_home_dir(former)
