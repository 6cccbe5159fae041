"""Every kernel run once on a few numbers, so that all are compiled and lie in the cache.

Numba compiles for types, not for sizes: these are the types that a model's training step has.
"""

import numpy as np

from minivit import kernels

from .compiling.start import kernels as counted

B, T, D, M, C = 2, 5, 8, 8, 3
IMAGES, PATCH, HEADS = (B, 4, 4, 1), 2, 2


def compile_all(dtype: str = "float32") -> int:
    """Compile what a training step calls, or load it from the cache; returns how many kernels."""
    step(np.dtype(dtype))
    small_ops(np.dtype(dtype))
    return len(counted)


def step(dtype: np.dtype) -> None:
    """One block of a model, forward, loss, backward, Adam."""

    def ones(*shape):
        return np.ones(shape, dtype)

    patches, patchify = kernels.patchify_forward(ones(*IMAGES), patch=PATCH)
    x, embed = kernels.embed_forward(patches, ones(PATCH * PATCH, D), ones(D), ones(D), ones(T, D))
    normed, norm = kernels.layernorm_forward(x, ones(D), ones(D))
    mixed, attention = kernels.multihead_attention_forward(
        normed, ones(D, 3 * D), ones(3 * D), ones(D, D), ones(D), x, heads=HEADS
    )
    weights = ones(D, M), ones(M), ones(M, D), ones(D)
    normed = kernels.layernorm_again(norm, ones(D))
    widened, mlp = kernels.mlp_forward(normed, *weights, mixed)
    logits, head = kernels.head_forward(widened, ones(D, C), ones(C))
    loss, entropy = kernels.cross_entropy_forward(logits, labels=np.zeros(B, np.intp))

    dwidened = kernels.head_backward(kernels.cross_entropy_backward(loss, entropy), head)[0]
    dnormed = kernels.mlp_backward(dwidened, mlp)[0]
    dnormed += kernels.multihead_attention_backward(dnormed, attention)[0]
    dx = kernels.layernorm_backward(dnormed, norm)[0]
    kernels.patchify_backward(kernels.embed_backward(dx, embed)[0], patchify)

    kernels.global_norm(ones(D))
    kernels.adam_step(ones(D), ones(D), ones(D), ones(D), step=1, learning_rate=1e-3)


def small_ops(dtype: np.dtype) -> None:
    """What lessons and pictures call alone."""
    x = np.ones((B, HEADS, T, D), dtype)
    for forward, backward, inputs in (
        (kernels.softmax_forward, kernels.softmax_backward, (x,)),
        (kernels.gelu_forward, kernels.gelu_backward, (x,)),
        (kernels.attention_forward, kernels.attention_backward, (x, x, x)),
    ):
        y, cache = forward(*inputs)
        backward(y, cache)
