"""x - mean is divided by the variance, not by its root.

Spoils: y
Cause: layernorm-root-forgotten
"""


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    x_hat = (x - mean) / (var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)
