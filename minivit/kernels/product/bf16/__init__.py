"""The matrix product in bf16: operands rounded to bfloat16 while they are packed, sums in float32.

bfloat16 has float32's exponent and 8 bits of its fraction. Half as many bytes are packed and read,
and the processor multiplies two numbers, or a whole square of them, where it multiplies one float32
otherwise. Weights, activations and gradients stay float32 in memory; only ../weights.py and
gradient.py keep pairs from one kernel to the next.

    instructions.py  which of the two instructions this processor has, and leave to use them
    packing.py       numbers become pairs (simd/pairs.py), in the order in which a block reads them
    blocks.py        32 x 32 sums by matrix registers (simd/amx.py), tiles by pairs of a vector
    multiply.py      what one thread does for its rectangle of c
    rectangle.py     the same, compiled once for all kernels that multiply
    product.py       the product on all threads
    gradient.py      the gradient of a weight, of operands that were packed where they were made

It is cut as the product of float32 is (../parts.py, ../chunks.py), with its endings. What it must
give is defined in NumPy: `minivit.ops.product`.
"""
