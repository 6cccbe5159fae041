"""Causes that show in the shape of what came."""

from minivit.checking.diagnosis.named import Named

Shape = tuple[int, ...]


def of_shape(came: Shape, right: Shape) -> Named | None:
    """What a wrong shape tells."""
    if lengths(came) == lengths(right):
        return TRANSPOSED if len(came) == len(right) else AXIS_LOST
    if len(came) > len(right) and came[len(came) - len(right) :] == right:
        return NOT_SUMMED
    return None


def lengths(shape: Shape) -> list[int]:
    """The lengths of the axes, sorted, but for those of length 1."""
    return sorted(n for n in shape if n != 1)


TRANSPOSED = Named(
    "transposed", "it is transposed: the axes are in another order",
    "Which axis is which? Write the shape beside each line.",
    "y = x w:   dw = x^T dy, and dx = dy w^T")  # fmt: skip
AXIS_LOST = Named(
    "axis-lost", "an axis of length 1 is lost, or one too many is there",
    "squeeze, keepdims and [0]: which of them is at work, and on which axis?",
    "the result has the shape that the docstring tells")  # fmt: skip
NOT_SUMMED = Named(
    "not-summed", "the gradient still has the axes that the input does not have",
    "The input is used once for each place of those axes. How do several uses add up?",
    "an input used many times gets the sum of the gradients of all uses")  # fmt: skip
