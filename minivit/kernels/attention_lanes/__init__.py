"""Attention with one head per lane: the way for short sequences.

A register holds LANES numbers (16 floats in AVX-512). The general way (attention_chunk.py) fills it
with LANES queries of one head. With 17 tokens that is one full register and one with a single query
in it: nearly half of the work is thrown away. Here a register holds the same number of LANES heads:

    q, k, v of a head (T, K)                     q, k, v of LANES heads (T, K), of registers

         k=0 k=1 ..                                    k=0          k=1        ..
    t=0   .   .                                  t=0  |head 0, head 1, ..|    |head 0, head 1, ..|
    t=1   .   .         LANES times, turned      t=1  |head 0, head 1, ..|    |head 0, head 1, ..|

Heads don't know of each other, so all of attention is done lane by lane, as if a register were one
number: scores = q k^T, a softmax for each row of scores, y = probs v. Nothing is padded whatever T
is, nothing is broadcast, and nothing is ever summed across a register. The price is the turning:
what is read is transposed, LANES x LANES numbers at a time, and what is written once more. That is
4 T K numbers a head, 8 T K backward, beside 4 T^2 K operations, 12 T^2 K backward: for few tokens.

The softmax divides last. With e[i, j] = exp(scores[i, j] - maximum_i), scale_i = 1 / sum_j e[i, j],

    y_i = scale_i sum_j e[i, j] v_j

takes K multiplications a query for scale_i in place of T, on the way back from lanes to heads. In
the backward, probs[i, j] = scale_i e[i, j], and dy_i is multiplied by scale_i as it is turned:

    dprobs'  = (scale dy) v^T                      delta_i = sum_j e[i, j] dprobs'[i, j]
    dscores  = e (dprobs' - scale_i delta_i)       dv      = e^T (scale dy)
    dq       = dscores k / sqrt(K)                 dk      = dscores^T (q / sqrt(K))
    y        = scale e v, again, if it is wanted: it overwrites dy

A group is LANES heads; one thread does a whole group: the same bits for any number of threads. The
last group may have fewer heads. Then its last head stands in all lanes that are left, which write
the same numbers to the same place.

    choice.py     where this is the faster way
    turning.py    heads to lanes, and back
    steps.py      products and softmax, on lanes
    space.py      where a thread's matrices lie
    shares.py     what one thread does, forward and backward
    attended.py   all threads
"""
