"""The forward divides by sqrt(K); the backward's dq and dk do not.

Spoils: dq, dk
Cause: attention-scale-forgotten-in-the-backward
"""

import numpy as np


def attention_forward(q, k, v):
    scores = np.einsum("...qd,...kd->...qk", q, k) * q.shape[-1] ** -0.5
    probs = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs /= probs.sum(axis=-1, keepdims=True)
    return np.einsum("...qk,...kd->...qd", probs, v), {"q": q, "k": k, "v": v, "probs": probs}


def attention_backward(dmixed, cache):
    q, k, v, probs = cache["q"], cache["k"], cache["v"], cache["probs"]
    dprobs = dmixed @ np.swapaxes(v, -1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dq = dscores @ k
    dk = np.swapaxes(dscores, -1, -2) @ q
    dv = np.swapaxes(probs, -1, -2) @ dmixed
    return dq, dk, dv
