"""x - mean is divided by the variance: the root is missing; a lone forward.

Spoils: y
Cause: groupnorm-root-forgotten
"""


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    B, C = x.shape[0], x.shape[-1]
    v = x.reshape(B, -1, groups, C // groups)
    c = v - v.mean(axis=(1, 3), keepdims=True)
    c = c - c.mean(axis=(1, 3), keepdims=True)
    std = (c * c).mean(axis=(1, 3), keepdims=True) + eps
    hat = (c / std).reshape(x.shape)
    return hat * gamma + beta, None
