"""Norms over other axes, with another divisor or another backward: what mistakes in norms give."""

import numpy as np

Y = "x_hat = (x - mean) / sqrt(var + eps),   normed = x_hat gamma + beta"
DX = "dx = rstd (g - mean(g) - x_hat mean(g x_hat)),   g = dy gamma"
PARAMETERS = "dgamma = sum of dy x_hat,   dbeta = sum of dy"


def mean(x, axes):
    return x.mean(axis=axes, keepdims=True)


def centred(x, axes):
    """Twice: far from 0 the rounding of the mean may exceed the spread."""
    x = x - mean(x, axes)
    return x - mean(x, axes)


def over(at, split, axes, *, bessel=False):
    """y and the gradients, normalised over these axes of x in the shape `split`."""
    c = centred(at.x.reshape(split), axes)
    var = mean(c * c, axes)
    n = c.size // max(var.size, 1)
    more = n / max(n - 1, 1) if bessel else 1.0
    rstd = 1 / np.sqrt(more * var + at.eps)
    return shaped(at, c * rstd) | {"dx": dx_of(at, c * rstd, rstd, axes, of_var=more)}


def divided(at, split, axes, divisor):
    """y and dgamma where x - mean is divided by another function of var and eps."""
    c = centred(at.x.reshape(split), axes)
    return shaped(at, c / divisor(mean(c * c, axes), at.eps))


def shaped(at, x_hat):
    """y and dgamma of an x_hat in any shape."""
    x_hat = x_hat.reshape(at.x.shape)
    return {"y": x_hat * at.gamma + at.beta, "dgamma": summed(at.dy * x_hat)}


def summed(x):
    """Over all axes but the channels'."""
    return x.sum(axis=tuple(range(x.ndim - 1)))


def dx_of(at, x_hat, rstd, axes, *, g=None, of_mean=1.0, of_var=1.0):
    """dx = rstd (g - mean(g) - x_hat mean(g x_hat)), with other weights of the two corrections."""
    g = (at.dy * at.gamma if g is None else g).reshape(x_hat.shape)
    dx = rstd * (g - of_mean * mean(g, axes) - of_var * x_hat * mean(g * x_hat, axes))
    return dx.reshape(at.x.shape)


def eps_outside(var, eps):
    return np.sqrt(var) + eps


def root_forgotten(var, eps):
    return var + eps
