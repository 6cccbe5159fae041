"""How a window may slide otherwise: the wrong paddings and strides of convolutions and max-pools.

Each makes, of the view of a point, another Sliding (ops/sliding.py); None where there is none.
"""

from minivit.errors import InputError
from minivit.ops.sliding import Sliding, sliding

PADDING = "before = max((stops - 1) stride + side - height, 0) // 2"
STOPS = 'stops = ceil(height / stride) for "same"'


def right(at) -> Sliding:
    return at.cache.at


def alike_on_both_sides(at) -> Sliding | None:
    """(side - 1) / 2 on each side, as in PyTorch."""
    if at.padding != "same":
        return None
    side, stride = right(at).side, right(at).stride
    beside = tuple((k - 1) // 2 for k in side)
    stops = tuple(
        (n + 2 * p - k) // s + 1
        for n, p, k, s in zip(at.x.shape[1:3], beside, side, stride, strict=True)
    )
    return right(at)._replace(before=beside, after=beside, stops=stops)


def all_after(at) -> Sliding:
    both = zip(right(at).before, right(at).after, strict=True)
    return right(at)._replace(before=(0, 0), after=tuple(map(sum, both)))


def exchanged(at) -> Sliding | None:
    """The stride down is taken across."""
    return slid(at, right(at).side, right(at).stride[::-1])


def never_beside(at) -> Sliding | None:
    return slid(at, right(at).side, right(at).stride, "valid")


def side_by_side(at) -> Sliding:
    """The same stops, next to each other."""
    return right(at)._replace(stride=(1, 1))


def slid(at, side, stride, padding=None) -> Sliding | None:
    try:
        return sliding(at.x, side, stride, padding or at.padding)
    except InputError:
        return None


WAYS = [  # the end of a cause's name, sentence, hint, line, what makes it
    (
        "padding-on-both-sides-alike",
        "as much lies on each side of the map, as in PyTorch, which is another map for a stride",
        "For a map of 4 and a window of 3 with stride 2: where does the first window begin?",
        PADDING,
        alike_on_both_sides,
    ),
    (
        "padding-all-after",
        "all that lies beside the map is below and right of it, or is cut off there",
        "How many rows lie above the map, and where in the padded map does the map begin?",
        PADDING,
        all_after,
    ),
    (
        "never-padded",
        "nothing lies beside the map: the windows stay inside",
        "How many stops has a window of 3 on a map of 4?",
        STOPS,
        never_beside,
    ),
]
