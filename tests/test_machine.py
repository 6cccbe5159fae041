"""Facts of the machine."""

import numpy as np

from minivit.machine import peak_memory


def test_the_most_memory_is_remembered_when_it_is_free_again():
    block = np.ones(25_000_000)
    needed = block.nbytes
    assert peak_memory() >= needed
    del block
    assert peak_memory() >= needed
