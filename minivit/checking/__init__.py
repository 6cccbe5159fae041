"""Gradient checks: is a handwritten backward the derivative of its forward?

`gradcheck` asks one op (yours too), `check_model` a whole model, tensor by tensor. The names are
imported on first use: a process that needs one part, such as a student's, starts without the rest.
"""

from minivit.on_first_use import on_first_use

_HOMES = {
    "Report": "minivit.checking.report",
    "Row": "minivit.checking.report",
    "adjoint_error": "minivit.checking.adjoint",
    "check_model": "minivit.checking.model",
    "gradcheck": "minivit.checking.op",
}

__all__ = [*_HOMES]
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
