"""Parameters: declared once, beside the forward that uses them; kept in one flat vector per role.

layout.py   what a place declares, and where each array lies in the flat vector
arrays.py   the vector itself, seen through named views; and the buffers beside it
"""

from minivit.params.arrays import NamedArrays
from minivit.params.layout import Buffer, Declared, Layout, Parameter

__all__ = ["Buffer", "Declared", "Layout", "NamedArrays", "Parameter"]
