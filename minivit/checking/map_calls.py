"""How the ops on feature maps are called, those of a ResNet: the end of the table in calls.py.

A map is `grid` patches large and has D channels.
"""

import numpy as np

from minivit.checking.sizes import Array, Sizes, filters, normal
from minivit.ops import Running


def maps(s: Sizes, channels: int | None = None) -> Array:
    """Feature maps (B, height, width, channels), D channels unless it says otherwise."""
    down, across = s.grid
    return normal(s.B, down * s.P, across * s.P, s.D if channels is None else channels)


def convolution(s: Sizes) -> list[tuple]:
    x, w, b = maps(s), filters(3, 3, s.D, s.M), normal(s.M)
    oblong = filters(s.P, 1, s.D, s.M)
    pixel = filters(1, 1, s.D, s.M)
    return [
        ("", (x, w, b), {}),
        ("no bias", (x, w, None), {}),
        ("stride 2", (x, w, None), {"stride": 2}),
        ("oblong window inside", (x, oblong, b), {"stride": (1, 2), "padding": "valid"}),
        ("pixels", (x, pixel, b), {}),
        ("every other pixel", (x, pixel, b), {"stride": 2}),
        ("7x7 and stride 2", (maps(s, s.channels), filters(7, 7, s.channels, s.M), None),
         {"stride": 2}),
    ]  # fmt: skip


def depthwise_convolution(s: Sizes) -> list[tuple]:
    x, w, b = maps(s), normal(3, 3, s.D), normal(s.D)
    return [
        ("", (x, w, b), {}),
        ("no bias", (x, w, None), {}),
        ("stride 2", (x, w, None), {"stride": 2}),
        ("oblong window inside", (x, normal(s.P, 1, s.D), b),
         {"stride": (1, 2), "padding": "valid"}),
    ]  # fmt: skip


def max_pool(s: Sizes) -> list[tuple]:
    x, inside = maps(s), {"side": (s.P, 1), "stride": 1, "padding": "valid"}
    return [("", (x,), {}), ("oblong window inside", (x,), inside)]


def weight_standardisation(s: Sizes) -> list[tuple]:
    w = filters(3, 3, s.D, s.M)
    return [("", (w,), {}), ("eps 0.1", (w,), {"eps": 0.1}), ("floor", (w,), {"floor": 0.1})]


def groupnorm(s: Sizes) -> list[tuple]:
    x, gamma, beta = maps(s), normal(s.D), normal(s.D)
    far = x._replace(around=-50)
    return [
        ("", (x, gamma, beta), {"groups": s.H}),
        ("one group", (x, gamma, beta), {"groups": 1}),
        ("eps 0.1", (x, gamma, beta), {"groups": s.H, "eps": 0.1}),
        ("around -50", (far, gamma, beta), {"groups": s.H}),
    ]


def batchnorm(s: Sizes) -> list[tuple]:
    x, gamma, beta = maps(s), normal(s.D), normal(s.D)
    running = Running(np.linspace(-1, 1, s.D), np.linspace(0.5, 2, s.D))
    used = {"running": running, "training": False}
    return [
        ("", (x, gamma, beta), {}),
        ("running statistics", (x, gamma, beta), {"running": running, "momentum": 0.3}),
        ("after training", (x, gamma, beta), used),
        ("eps 0.1", (x, gamma, beta), {"eps": 0.1}),
        ("around -50", (x._replace(around=-50), gamma, beta), {}),
    ]


def relu(s: Sizes) -> list[tuple]:
    return [("", (maps(s),), {})]
