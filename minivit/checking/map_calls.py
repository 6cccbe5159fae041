"""How the ops on feature maps are called, those of a ResNet: the end of the table in calls.py.

A map is `grid` patches large and has D channels.
"""

from minivit.checking.sizes import Array, Sizes, filters, normal


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
