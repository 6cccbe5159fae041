"""Sums over all places stand in dx, and they are divided by the number of images.

Spoils: dx
Cause: batchnorm-divided-by-images-alone
"""

import numpy as np


def batchnorm_forward(x, gamma, beta, *, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    mu = x.mean(axis=axes)
    xc = x - mu
    xc = xc - xc.mean(axis=axes)
    std = np.sqrt((xc**2).mean(axis=axes) + eps)
    return gamma * xc / std + beta, {"xc": xc, "std": std, "gamma": gamma, "axes": axes}


def batchnorm_backward(dy, cache):
    h = cache["xc"] / cache["std"]
    axes, N = cache["axes"], len(dy)
    dgamma, dbeta = (dy * h).sum(axis=axes), dy.sum(axis=axes)
    dx = cache["gamma"] / (N * cache["std"]) * (N * dy - dbeta - h * dgamma)
    return dx, dgamma, dbeta
