"""Gradient checks: is a handwritten backward the derivative of its forward?

`gradcheck` asks one op (yours too), `check_model` a whole model, tensor by tensor.
"""

from minivit.checking.adjoint import adjoint_error
from minivit.checking.model import check_model
from minivit.checking.op import gradcheck
from minivit.checking.report import Report, Row

__all__ = ["Report", "Row", "adjoint_error", "check_model", "gradcheck"]
