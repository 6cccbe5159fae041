"""A loop over all matrices and all queries, with vectors inside."""

import math

import numpy as np


def attention_forward(q, k, v):
    T, K = q.shape[-2:]
    Q, Ks, V = (a.reshape(-1, T, K) for a in (q, k, v))
    probs, mixed = np.zeros((len(Q), T, T), q.dtype), np.zeros_like(Q)
    for n in range(len(Q)):
        for i in range(T):
            s = Ks[n] @ Q[n, i] / math.sqrt(K)
            e = np.exp(s - max(s))
            probs[n, i] = e / sum(e)
            mixed[n, i] = probs[n, i] @ V[n]
    return mixed.reshape(q.shape), (q, k, v, probs)


def attention_backward(dmixed, cache):
    q, k, v, probs = cache
    T, K = q.shape[-2:]
    Q, Ks, V, D = (a.reshape(-1, T, K) for a in (q, k, v, dmixed))
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(Q), np.zeros_like(Q)
    for n in range(len(Q)):
        for i in range(T):
            p = probs[n, i]
            dp = V[n] @ D[n, i]
            ds = p * (dp - p @ dp) / math.sqrt(K)
            dQ[n, i] = ds @ Ks[n]
            dK[n] += np.outer(ds, Q[n, i])
            dV[n] += np.outer(p, D[n, i])
    return dQ.reshape(q.shape), dK.reshape(q.shape), dV.reshape(q.shape)
