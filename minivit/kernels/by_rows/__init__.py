"""The branches of a narrow model some rows at a time: a thread takes some rows through all of it.

    y = x + MLP(LN(x))     n = LN(x)      z = n w1 + b1       h = gelu(z)     y = x + h w2 + b2
                           n = LN(x)      dz = (dy w2^T) gelu'(z)             dn = dz w1^T
                           dw2 += h^T dy  db2 += dy           dw1 += n^T dz   db1 += dz
                           dx = dy + LN's dx of dn            dgamma, dbeta +=

    y = x + MSA(LN(x))     the same, with qkv in the place of z, attention in that of GELU, and the
                           heads' results side by side, merged, in that of h

Where one kernel after the other goes over all rows (mlp_branch.py, attention_branch.py), what is
made on the way goes to memory and comes back, and each kernel costs a call and wakes the threads.
Here it is made for some rows, in a space of the thread's own that fits its cache. Beside the result
only z, or qkv, and two numbers for each row and query are written, for the backward.

The gradients of the weights are sums over rows. The rows are cut into pieces, whose number depends
on nothing but the sizes of the arrays; each piece has sums of its own, and these are added up in
order: the same bits for any number of threads. Where the sums of large weights fit no cache, n, h
and dz (n, merged and dqkv) are written for all rows instead, and the gradients of weights are
products of these, afterwards. In bf16 they are not written but packed for the product
(../product/bf16/gradient.py), unless an image has fewer than 32 tokens.

Rows of attention are those of whole images. Large weights are packed once for all rows (space.py).

    choice.py      where this is the faster way
    cut.py         how the rows are cut
    space.py       where a thread's numbers lie
    sums.py        the sums of all pieces
    gradients.py   the gradients of the weights, in their three ways
    attend_group.py  attention of a few images, in the three ways that there are
    *_shares.py    what one thread does for a branch, forward and backward
    mlp.py         the MLP branch, on all threads
    attention.py   the attention branch, on all threads
"""
