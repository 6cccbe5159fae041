"""The matrix product c = a @ b, blocked for the caches and threaded; bias, residual and GELU fused.

    c (M, N) = a (M, K) @ b (K, N)          also for stacks of matrices (..., M, K) @ (..., K, N)

From the outside in; each file builds on those below it:

    matmul.py     what other kernels call: checks the operands, hands them to tiled.py or blas.py
    choice.py     which of the two it is; with "auto" the one that is faster here
    blas.py       NumPy's product; bias, residual and GELU are separate passes after it
    weights.py    weights that are packed once, for many products
    tiled.py      our own product: cut into rectangles, shared out among the threads
    parts.py      how c is cut for them
    rectangle.py  a rectangle by one thread, compiled once for all kernels that multiply
    chunks.py     what it does: packs chunks of b, sweeps a over each, ends c
    sweeps.py     some rows of a times a chunk of b, tile by tile (simd/tiles.py)
    endings.py    what is done to a finished part of c: bias, GELU
    sliding.py    the product of patches and a matrix, for convolutions
    lines.py      the lines of maps that a window sees, in which a tile reads patches
    gathered.py   the product of transposed patches and a matrix, for the dw of a convolution
    patches.py    what the patches are
    packing.py    how large chunks, sweeps and panels are, and how they are packed
    bf16/         the product of numbers that are rounded to bfloat16
"""
