"""Small inputs on which each op can be checked by its name: every option, with and without the
inputs that may be absent.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from minivit import backend, ops
from minivit.checking.op import gradcheck
from minivit.checking.report import Report

B, T, D, H, M, C = (
    2,
    3,
    4,
    2,
    5,
    3,
)  # letters as everywhere; all sides small, as few as can be equal


class Sample(NamedTuple):
    """One way to call an op."""

    op: str
    words: str  # what is special about it
    inputs: tuple
    options: Mapping


def samples(op: str, seed: int = 0) -> list[Sample]:
    """All ways to call one of OPS that are worth a check."""
    draw = np.random.default_rng(seed).standard_normal
    return [Sample(op, *rest) for rest in OPS[op](lambda *shape: draw(shape))]


def check_sample(sample: Sample, seed: int = 0) -> Report:
    """Check one op on one sample, on the backend that runs now (NumPy if it hasn't the op)."""
    module = backend.current() if hasattr(backend.current(), sample.op + "_forward") else ops
    report = gradcheck(
        getattr(module, sample.op + "_forward"),
        getattr(module, sample.op + "_backward"),
        *sample.inputs,
        options=sample.options,
        seed=seed,
    )
    report.title = f"{sample.op}: {sample.words}" if sample.words else sample.op
    return report


def _patchify(draw) -> list[tuple]:
    return [
        ("square patches", (draw(B, 4, 6, 3),), {"patch": 2}),
        ("2x3 patches", (draw(B, 4, 6, 1),), {"patch": (2, 3)}),
    ]


def _embed(draw) -> list[tuple]:
    N, pixels = 3, 4
    patches, w, b, cls = draw(B, N, pixels), draw(pixels, D), draw(D), draw(D)
    return [
        ("cls token and positions", (patches, w, b, cls, draw(N + 1, D)), {}),
        ("no cls token", (patches, w, b, None, draw(N, D)), {}),
        ("no positions", (patches, w, b, cls, None), {}),
        ("no bias, cls token or positions", (patches, w, None, None, None), {}),
    ]


def _layernorm(draw) -> list[tuple]:
    x, gamma, beta = draw(B, T, D), draw(D), draw(D)
    return [
        ("", (x, gamma, beta), {}),
        ("eps 0.1", (x, gamma, beta), {"eps": 0.1}),
        ("around -50", (x - 50, gamma, beta), {}),
    ]


def _linear(draw) -> list[tuple]:
    x, w = draw(B, T, D), draw(D, M)
    return [("", (x, w, draw(M)), {}), ("no bias", (x, w, None), {})]


def _softmax(draw) -> list[tuple]:
    return [("", (draw(B, T),), {}), ("logits of a thousand", (1000 + draw(B, T),), {})]


def _attention(draw) -> list[tuple]:
    return [("", tuple(draw(B, H, T, D) for _ in range(3)), {})]


def _multihead_attention(draw) -> list[tuple]:
    x, w_qkv, b_qkv, w_out, b_out = draw(B, T, D), draw(D, 3 * D), draw(3 * D), draw(D, D), draw(D)
    return [
        ("", (x, w_qkv, b_qkv, w_out, b_out, None), {"heads": H}),
        ("residual", (x, w_qkv, b_qkv, w_out, b_out, draw(B, T, D)), {"heads": H}),
        ("no biases", (x, w_qkv, None, w_out, None, None), {"heads": H}),
        ("one head", (x, w_qkv, b_qkv, w_out, b_out, None), {"heads": 1}),
    ]


def _gelu(draw) -> list[tuple]:
    x = draw(B, T, D)
    return [("erf", (x,), {"form": "erf"}), ("tanh", (x,), {"form": "tanh"})]


def _mlp(draw) -> list[tuple]:
    x, w1, b1, w2, b2 = draw(B, T, D), draw(D, M), draw(M), draw(M, D), draw(D)
    return [
        ("erf", (x, w1, b1, w2, b2, None), {"gelu": "erf"}),
        ("tanh", (x, w1, b1, w2, b2, None), {"gelu": "tanh"}),
        ("residual", (x, w1, b1, w2, b2, draw(B, T, D)), {}),
        ("no biases", (x, w1, None, w2, None, None), {}),
    ]


def _head(draw) -> list[tuple]:
    x, w, b = draw(B, T, D), draw(D, C), draw(C)
    return [
        ("cls token", (x, w, b), {"pool": "cls"}),
        ("mean", (x, w, b), {"pool": "mean"}),
        ("no bias", (x, w, None), {"pool": "cls"}),
    ]


def _cross_entropy(draw) -> list[tuple]:
    logits, labels = draw(4, C), np.array([2, 0, 1, 2])
    soft = np.exp(draw(4, C))
    soft /= soft.sum(axis=1, keepdims=True)
    return [
        ("class numbers", (logits,), {"labels": labels}),
        ("smoothing", (logits,), {"labels": labels, "smoothing": 0.1}),
        ("soft targets", (logits,), {"labels": soft}),
    ]


OPS: dict[str, Callable] = {  # from the pixels to the loss
    "patchify": _patchify,
    "linear": _linear,
    "embed": _embed,
    "layernorm": _layernorm,
    "softmax": _softmax,
    "attention": _attention,
    "multihead_attention": _multihead_attention,
    "gelu": _gelu,
    "mlp": _mlp,
    "head": _head,
    "cross_entropy": _cross_entropy,
}
