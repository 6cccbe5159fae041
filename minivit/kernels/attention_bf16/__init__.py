"""Attention in bf16: its products multiply pairs of bfloat16, the rest stays float32.

A thread goes through its heads chunk by chunk, as in ../attention_chunk.py, with the same steps
between the products and the same options. What is different is what the products read: every
operand is rounded and packed before, those of a head's keys and values once for all its chunks.

    space.py    where the packed operands lie, and how large they are
    packed.py   packing a matrix, and the product of two that are packed
    shares.py   what one thread does, forward and backward
    in_bf16.py  all threads; and what takes their place where bf16 is emulated

    chunk's product                rows of the first        columns of the second
    scores^T = k q^T               k, as it lies            q, turned
    dprobs^T = v dy^T              v, as it lies            dy, turned
    y        = probs v             probs^T, turned          v, as it lies
    dv      += probs^T dy          probs^T, as it lies      dy, as it lies
    dk      += dscores^T q         dscores^T, as it lies    q, as it lies
    dq       = dscores k           dscores^T, turned        k, as it lies

It is used where there are many tokens (minivit.ops.product.LONG) and no relative positions.
"""
