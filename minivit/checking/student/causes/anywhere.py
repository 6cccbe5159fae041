"""Mistakes that any op may have."""

from minivit.checking.student.causes.cause import Cause

ANYWHERE = [
    Cause(
        "wrong-sign",
        "the gradient has the wrong sign",
        "Follow the sign of each factor from dy to this gradient.",
        "d loss / d x = sum of dy d y / d x",
        lambda at: {name: -right for name, right in at.right.items() if right is not None},
    ),
]
