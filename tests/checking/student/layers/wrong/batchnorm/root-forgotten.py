"""x - mean is divided by the variance: the root is missing; a lone forward.

Spoils: y
Cause: batchnorm-root-forgotten
"""


def batchnorm_forward(x, gamma, beta, *, running=None, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    if training:
        mean = x.mean(axis=axes, keepdims=True)
        mean = mean + (x - mean).mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    else:
        mean, var = running.mean.astype(x.dtype), running.var.astype(x.dtype)
    hat = (x - mean) / (var + eps)
    return hat * gamma + beta, None
