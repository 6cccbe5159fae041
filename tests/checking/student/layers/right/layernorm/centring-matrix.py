"""Centring is a product with I - 1/D, and each token's Jacobian is written out."""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    D = x.shape[-1]
    centring = np.eye(D, dtype=x.dtype) - np.ones((D, D), x.dtype) / D
    c = (x - x[..., :1]) @ centring
    s = np.sqrt(np.einsum("...d,...d->...", c, c) / D + eps)
    return gamma * c / s[..., None] + beta, (c, s, gamma, centring)


def layernorm_backward(dy, cache):
    c, s, gamma, centring = cache
    D = dy.shape[-1]
    h = c / s[..., None]
    inner = np.eye(D, dtype=dy.dtype) - h[..., :, None] * h[..., None, :] / D
    jacobian = np.einsum("ij,...jk->...ik", centring, inner) / s[..., None, None]
    dx = np.einsum("...ij,...j->...i", jacobian, gamma * dy)
    return dx, np.einsum("nd,nd->d", dy.reshape(-1, D), h.reshape(-1, D)), dy.reshape(-1, D).sum(0)
