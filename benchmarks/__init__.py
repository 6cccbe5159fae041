"""What is measured, and against whom: `python -m benchmarks NAME`, or `minivit bench NAME`.

Every side (NumPy ops, Numba kernels, PyTorch) works in a process of its own, with the same number
of threads; the sides take turns in one run, and medians are compared. See `sides.py`.
"""
