"""Mean and variance are taken as constants, as if dx were g / std; a lone backward.

Spoils: dx
Cause: layernorm-statistics-taken-as-constants
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    flat = dy.reshape(-1, dy.shape[-1])
    dgamma = (flat * x_hat.reshape(flat.shape)).sum(axis=0)
    return dy * gamma * rstd, dgamma, flat.sum(axis=0)
