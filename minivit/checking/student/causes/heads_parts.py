"""What lies between the two linear maps of multi-head attention, and attention inside it."""

from types import SimpleNamespace

import numpy as np

from minivit.ops.attention import attention_backward, attention_forward
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads, split_one


def heads_forward(qkv, offsets, *, heads, options, drop):
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]
    mixed, cache = attention_forward(*split_heads(qkv, heads), of_heads, options=options, drop=drop)
    return merge_heads(mixed), cache


def heads_backward(dmerged, cache):
    dq, dk, dv, dof_heads = attention_backward(split_one(dmerged, cache.q.shape[1]), cache)
    doffsets = None if dof_heads is None else merge_heads(dof_heads[None])[0]
    return join_heads(dq, dk, dv), doffsets


def attended(at, q, k, v):
    """What these heads mix: (B, H, T, K)."""
    of_heads = None if at.offsets is None else split_one(at.offsets[None], at.heads)[0]
    mixed, _ = attention_forward(q, k, v, of_heads, options=at.options, drop=at.drop)
    return mixed


def as_attention(at):
    """What attention sees of this part."""
    q, k, v, _, offsets, _ = at.cache
    dmixed = split_one(at.dy, at.heads)
    dq, dk, dv, doffsets = attention_backward(dmixed, at.cache)
    return SimpleNamespace(
        q=q, k=k, v=v, offsets=offsets, options=at.options, drop=at.drop, dy=dmixed,
        output=split_one(at.output, at.heads), cache=at.cache, letters=at.letters,
        right={"dq": dq, "dk": dk, "dv": dv, "doffsets": doffsets},
    )  # fmt: skip


def in_attention(cause):
    """A cause of attention, made here."""

    def mistake(at):
        inner = as_attention(at)
        right = {"y": inner.output, **inner.right}
        wrong = cause.mistake(inner) or {}
        if any(np.shape(x) != np.shape(right[name]) for name, x in wrong.items()):
            return None
        found = {}
        if "y" in wrong:
            found["y"] = merge_heads(wrong["y"])
        if not wrong.keys().isdisjoint({"dq", "dk", "dv"}):
            found["dx"] = join_heads(*({**right, **wrong}[name] for name in ("dq", "dk", "dv")))
        if "doffsets" in wrong:
            found["doffsets"] = merge_heads(wrong["doffsets"][None])[0]
        return found

    return cause._replace(mistake=mistake)
