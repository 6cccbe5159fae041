"""Is minivit's own op, which layers are compared with, still what it was?

Students read and change minivit's sources. A layer that is compared with a changed op would be
called wrong where it is right: so the op is looked at first, and its own file is not checked here.
"""

from pathlib import Path

from minivit import ops
from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL
from minivit.checking.student.point import Numbers, point
from minivit.checking.student.slopes import agrees, the_op_s
from minivit.errors import InputError


def refuse_own(path: str | Path) -> None:
    """InputError for a file of minivit's own ops: it would be compared with itself."""
    file, house = Path(path).resolve(), Path(ops.__file__).resolve().parent
    if house in file.parents:
        raise InputError(
            f"{path} is minivit's own: it would be compared with itself; "
            f"`minivit gradcheck {file.stem}` compares it with finite differences"
        )


def refuse_changed(op: str) -> None:
    """InputError where a gradient of minivit's op is not the slope of its forward."""
    at = point(calls(op)[0], SMALL, "float64", Numbers())
    wrong = [name for name, gradient in at.gradients[0].items()
             if gradient is not None and not agrees(the_op_s, at, name[1:], gradient)]  # fmt: skip
    if wrong:
        raise InputError(
            f"minivit's own {op} in {Path(ops.__file__).parent} was changed: its "
            f"{', '.join(wrong)} is not the derivative of its forward, and your layer would be "
            f"compared with it; `minivit gradcheck {op}` says more"
        )
