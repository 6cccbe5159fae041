"""Muon's step on a matrix: that of `minivit.ops.muon`, whose products are NumPy's.

A matrix takes fifteen products, one after the other, each so small in small models that to wake a
second thread costs more than it saves; in large ones NumPy's BLAS is as fast as our tiles.
"""

from minivit.ops.muon import muon_step

__all__ = ["muon_step"]
