"""FLOPs of an op's matrix products, for one item of the first axis; a multiply-add counts as 2.

Each function takes what its op's forward takes, and reads nothing but the shapes.
"""

import math


def embed_flops(patches, w, b, cls, positions):
    return 2 * patches.shape[1] * w.size


def linear_flops(x, w, b):
    return 2 * math.prod(x.shape[1:-1]) * w.size


def attention_flops(q, k, v):
    *stack, T, K = q.shape[1:]
    return 2 * 2 * math.prod(stack) * T * T * K  # q k^T and probs v


def multihead_attention_flops(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    T, D = x.shape[1:]
    return 2 * T * (w_qkv.size + w_out.size) + 2 * 2 * T * T * D


def attention_branch_flops(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads):
    return multihead_attention_flops(x, w_qkv, b_qkv, w_out, b_out, heads=heads)


def mlp_flops(x, w1, b1, w2, b2, *, gelu):
    return 2 * math.prod(x.shape[1:-1]) * (w1.size + w2.size)


def mlp_branch_flops(x, gamma, beta, w1, b1, w2, b2, *, gelu):
    return mlp_flops(x, w1, b1, w2, b2, gelu=gelu)


def head_flops(x, w, b, *, pool):
    return 2 * w.size
