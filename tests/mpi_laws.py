"""What test_ranks_mpi.py starts in several processes: the laws, found together and by process 0
alone. Each line that it prints is a law that holds.
"""

import sys
import time
from dataclasses import replace

import numpy as np
from small_training import EVERY_OPTION, SMALL, recipe, small_data

from minivit import InputError, train
from minivit.training import Training
from minivit.training import ranks as module
from minivit.training.mpi_ranks import MPIRanks, ranks_of_launcher
from minivit.training.ranks import ALONE

module.PIECE = 100  # numbers: so that a small model has many pieces, some within one array


def told(training):
    arrays = {"parameters": training.model.parameters, "buffers": training.model.buffers}
    arrays |= training.kept
    bits = {name: each.flat.tobytes() for name, each in arrays.items()}
    return bits | {"history": training.state.history}


def trained(config, ranks):
    data = small_data(81, test=150)
    return told(train(config, data, training=Training(config, data, ranks=ranks)))


def same_as_one_process(changes, ranks):
    """The bits of one process that has all parts; batches of 40, 40 and 1 image."""
    model = {name: value for name, value in changes.items() if name in SMALL.to_dict()}
    rest = {name: value for name, value in changes.items() if name not in model}
    config = recipe(epochs=1, batch=40, model=replace(SMALL, depth=2, **model), **rest)
    whole = trained(replace(config, accumulate=config.accumulate * ranks.count), ALONE)
    found = trained(config, ranks)
    assert ranks.gather(found == whole) == [True] * ranks.count
    return found


def exact(ordered, overlapping, blocking):
    """Two processes however they sum, any number in order."""
    options = [*EVERY_OPTION, {"flip": "random", "mixup": 0.4}, {"freeze": "embed", "average": 0.9}]
    if ordered.count > 2:
        options = [EVERY_OPTION[0], EVERY_OPTION[8], EVERY_OPTION[10]]
    for changes in options:
        same_as_one_process(changes, ordered)
        if ordered.count == 2:
            same_as_one_process(changes, overlapping)
            same_as_one_process(changes, blocking)
    same_as_one_process({"accumulate": 3}, ordered)


class Late(MPIRanks):
    """One of them sleeps before it begins a sum, another one before it lets sums go on."""

    def start(self, piece):
        time.sleep(0.0003 * (self.number == 1))
        super().start(piece)

    def progress(self):
        time.sleep(0.0003 * (self.number == 0))
        super().progress()


def timing_changes_no_bit(overlapping, blocking):
    shared = {"positions": "learned-2d", "positions_at": "every-layer-shared"}
    for changes in ({}, {"accumulate": 2}, EVERY_OPTION[4], shared):
        model = {name: value for name, value in changes.items() if name in SMALL.to_dict()}
        config = recipe(
            epochs=1, batch=40, model=replace(SMALL, depth=2, **model),
            accumulate=changes.get("accumulate", 1),
        )  # fmt: skip
        whole = trained(config, blocking)
        assert trained(config, overlapping) == trained(config, Late(overlapping.comm)) == whole


def overlapped(ranks):
    """Most pieces are on their way before the backward is done, from the second step on."""
    started = []

    class Watched(MPIRanks):
        def start(self, piece):
            started.append("start")
            super().start(piece)

    watched = Watched(ranks.comm)
    training = Training(recipe(model=replace(SMALL, depth=4)), small_data(40), ranks=watched)
    add = training.model.gradients.add

    def noted(place, gradients):
        started.append(place)
        return add(place, gradients)

    training.model.gradients.add = noted
    first, second = training.epoch()[:2]
    training.train_batch(first)
    started.clear()
    training.train_batch(second)
    last = max(i for i, each in enumerate(started) if each != "start")
    assert started[:last].count("start") >= started.count("start") // 2 >= 2, started


def refused(ranks):
    for array in (np.zeros((3, 4), order="F"), np.zeros(4, int), np.zeros(8)[::2]):
        for call in (ranks.start, ranks.spread):
            try:
                call(array)
            except InputError:
                continue
            raise AssertionError("taken")


def main():
    ordered, plain = ranks_of_launcher(ordered=True), ranks_of_launcher()
    blocking = ranks_of_launcher(overlapping=False)
    laws = {
        "exact": lambda: exact(ordered, plain, blocking),
        "timing changes no bit": lambda: timing_changes_no_bit(plain, blocking),
        "overlapped": lambda: overlapped(plain),
        "refused": lambda: refused(plain),
    }
    for name, law in laws.items():
        law()
        if plain.number == 0:
            print(name, flush=True)


if __name__ == "__main__":
    sys.exit(main())
