"""The gradient of a batch: the sum over its parts and over the ranks that share them out.

    g = g_0 + g_1 + g_2 + ...        from the left, where the order is kept

A rank adds up what its own parts give, and the ranks' sums are added. They are ordered if asked
for: then rank 0 adds part after part, as one process does that has them all.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from minivit.params import Layout, NamedArrays
from minivit.training.ranks import Ranks, pieces


class GradientSum:
    """The sum of what lies in `gradients` after each round; after the last one it lies there.

    It serves batch after batch of a training.
    """

    def __init__(self, gradients: NamedArrays, ranks: Ranks):
        self.gradients, self.ranks, self.overlapping = gradients, ranks, False
        self.pieces = pieces(len(gradients.flat))
        self.room: np.ndarray | None = None  # for the total
        self.total: np.ndarray | None = None  # of the parts so far
        self.adds: Counter | None = None  # how often a backward adds to each place, once known

    @cached_property
    def places(self) -> list[set[str]]:
        """The places whose gradients lie in each piece."""
        return places_of_pieces(self.gradients.layout, self.pieces)

    def begin(self, *, every_rank: bool) -> None:
        """A new batch. `every_rank`: whether each has images in all rounds, and may sum in a
        backward."""
        self.total, self.overlapping = None, every_rank and self.ranks.overlapping

    @contextmanager
    def round(self, *, empty: bool, last: bool) -> Iterator[None]:
        """Around a backward that replaces the gradients; of no images, they are nothing to add.

        -0.0 is what changes no number by being added, not even -0.0.
        """
        flat, ranks = self.gradients.flat, self.ranks
        at_once = (
            PieceSums(self.gradients, self.pieces, self.total, ranks)
            if last and not ranks.ordered
            else None
        )
        with self.listening(at_once):
            yield
        if empty:
            flat.fill(-0.0)
        if at_once:
            at_once.finish()
            return
        for _ in ranks.turns(flat):
            self.keep()
        if last:
            if self.total is not None:
                flat[:] = self.total
            ranks.spread(flat)

    @contextmanager
    def listening(self, at_once: "PieceSums | None") -> Iterator[None]:
        """Around a backward: sums go on during it. The first one is listened to alone, since a
        place to which several blocks add is done after the last of them.
        """
        if not self.overlapping:
            yield
        elif self.adds is None:
            adds: Counter = Counter()
            with self.gradients.telling(lambda place: adds.update([place])):
                yield
            self.adds = adds
        elif at_once:
            with at_once.meanwhile(self.adds, self.places):
                yield
        else:
            yield

    def keep(self) -> None:
        """Add what lies in the gradients to the total."""
        if self.total is None:
            self.room = np.empty_like(self.gradients.flat) if self.room is None else self.room
            self.total = self.room
            self.total[:] = self.gradients.flat
        else:
            self.total += self.gradients.flat


class PieceSums:
    """The sum over the ranks, piece by piece: that of a piece starts when its gradient is done.

    In a backward the last blocks are done first, and while their gradients are on their way the
    others are computed. All ranks start the pieces in one order, since they go through one model.
    """

    def __init__(
        self, gradients: NamedArrays, pieces: Sequence[slice], total: np.ndarray | None,
        ranks: Ranks,
    ):  # fmt: skip
        """`total`: what the rank's earlier parts gave, if there were any."""
        self.gradients, self.pieces, self.total, self.ranks = gradients, pieces, total, ranks
        self.missing: list[set[str]] = []
        self.left: Counter = Counter()  # how often each place is still added to
        self.started = [False] * len(self.pieces)

    @contextmanager
    def meanwhile(self, adds: Counter, places: list[set[str]]) -> Iterator[None]:
        """Inside is the backward, during which sums go on: it adds so often to each place, and
        these places lie in each piece.
        """
        self.left, self.missing = adds.copy(), [set(each) for each in places]
        with self.gradients.telling(self.done):
            yield

    def done(self, place: str) -> None:
        """Something was added to a place. If its gradients are whole, so may be some pieces: start
        these.
        """
        self.left[place] -= 1
        if self.left[place] < 0:
            raise RuntimeError(f"{place} is added to more often than in the first backward")
        for i, places in enumerate(self.missing):
            if place in places and not self.left[place]:
                places.discard(place)
                if not places:
                    self.start(i)
        self.ranks.progress()

    def start(self, i: int) -> None:
        self.started[i] = True
        piece = self.gradients.flat[self.pieces[i]]
        if self.total is not None:
            piece += self.total[self.pieces[i]]
        self.ranks.start(piece)

    def finish(self) -> None:
        """Start the others, and wait for all."""
        for i, started in enumerate(self.started):
            if not started:
                self.start(i)
        self.ranks.finish()


def places_of_pieces(layout: Layout, pieces: Sequence[slice]) -> list[set[str]]:
    """For each piece of a flat vector, the places whose gradients lie in it; an array that several
    places use has them all.
    """
    found: list[set[str]] = [set() for _ in pieces]
    for place, names in layout.places.items():
        for name in filter(None, names):
            start = layout.offsets[name]
            stop = start + math.prod(layout.shapes[name])
            for piece, places in zip(pieces, found, strict=True):
                if start < piece.stop and piece.start < stop:
                    places.add(place)
    return found
