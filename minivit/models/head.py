"""The head: from the last block's tokens to class scores (ViT paper, equation 4).

A LayerNorm, pooling and a linear map, which pools itself: `head` is one place. Where something lies
between the pooling and the linear map, or the pooling learns, the pooling is a place of its own,
`pool`: there may be the LayerNorm (`norm`, for what was pooled) and a hidden layer (`pre_logits`).
"""

from minivit.models.beginnings import Google
from minivit.models.config import ViTConfig
from minivit.models.initialisation import layernorm_parameters, normal, zeros
from minivit.params import Declared

SEQUENCE_STD = 0.02  # of CCT's linear maps: pooling begins near the mean of all tokens


def pools_apart(c: ViTConfig) -> bool:
    """Whether the pooling is a place of its own, and not the head's first step."""
    return c.pool == "sequence" or c.norm_after_pool or c.pre_logits is not None


def head_parameters(c: ViTConfig, start: Google) -> Declared:
    """What is learned behind the blocks, place by place, in the order of the forward."""
    D, R, C = c.width, c.pre_logits, c.classes
    pool, norm = {}, {"norm": layernorm_parameters(c.pooled if c.norm_after_pool else D)}
    if c.pool == "sequence":
        w = normal(D, 1, std=SEQUENCE_STD, decayed=True)
        pool = {"pool": {"w": w, "b": zeros(1)}}
    elif pools_apart(c):
        pool = {"pool": {"w": None, "b": None}}
    declared = pool | norm if c.norm_after_pool else norm | pool
    if R is not None:
        declared |= {"pre_logits": {"w": start.dense(c.pooled, R), "b": start.bias(R, c.pooled)}}
    rows = R or c.pooled
    return declared | {"head": {"w": start.head(rows, C), "b": start.bias(C, rows)}}


def head_forward(ops, p, c: ViTConfig, x, caches):
    """x (B, T, D) -> logits (B, C)."""
    pool = c.pool
    if not c.norm_after_pool:
        x, caches["norm"] = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    if pools_apart(c):  # (B, D), or (B, T D) of "flatten"
        x, caches["pool"] = ops.pool_forward(x, *p.of("pool"), pool=pool, has_cls=c.has_cls)
        pool = None
    if c.norm_after_pool:
        x, caches["norm"] = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    if c.pre_logits is not None:
        x, caches["pre_logits"] = ops.pre_logits_forward(x, *p.of("pre_logits"))  # (B, R)
    x, caches["head"] = ops.head_forward(x, *p.of("head"), pool=pool, has_cls=c.has_cls)
    return x


def pooled(ops, p, c: ViTConfig, x):
    """x (B, T, D) -> what the linear map, or the pre-logits, read: (B, D), or (B, T D)."""
    if not c.norm_after_pool:
        x, _ = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    weights = p.of("pool") if pools_apart(c) else (None, None)
    x, _ = ops.pool_forward(x, *weights, pool=c.pool, has_cls=c.has_cls)
    if c.norm_after_pool:
        x, _ = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    return x


def head_backward(ops, g, c: ViTConfig, dlogits, caches):
    """dlogits (B, C) -> dx (B, T, D), in mirror order. Takes these caches out of `caches`."""
    dx = g.add("head", ops.head_backward(dlogits, caches.pop("head")))
    if c.pre_logits is not None:
        dx = g.add("pre_logits", ops.pre_logits_backward(dx, caches.pop("pre_logits")))
    if c.norm_after_pool:
        dx = g.add("norm", ops.layernorm_backward(dx, caches.pop("norm")))
    if pools_apart(c):
        dx = g.add("pool", ops.pool_backward(dx, caches.pop("pool")))
    if not c.norm_after_pool:
        dx = g.add("norm", ops.layernorm_backward(dx, caches.pop("norm")))
    return dx
