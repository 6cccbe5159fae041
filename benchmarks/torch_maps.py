"""The ops on feature maps in PyTorch's words, and in the layouts that PyTorch has for maps.

PyTorch names the axes of maps (B, channels, height, width). In memory they may lie in this order,
or with the channels last as minivit's do; which is faster depends on the op and on the machine, so
both are tried. The arrays are laid out before anything is timed.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn import functional


class Layout(NamedTuple):
    """To PyTorch's arrays from ours, and back; i is the input's place, 0 for maps such as y."""

    given: Callable  # (tensor, i) -> tensor
    ours: Callable  # (tensor, i) -> tensor


AS_IT_IS = Layout(lambda x, i: x, lambda x, i: x)


def in_memory_as(form: torch.memory_format) -> Layout:
    """Maps and filters with PyTorch's axes, in this order in memory."""

    def given(x, i):
        if x.ndim == 4:
            return x.permute(0, 3, 1, 2).contiguous(memory_format=form) if i == 0 else filters(x)
        return filters(x[:, :, None]) if x.ndim == 3 else x  # (rows, columns, channels)

    def filters(w):
        return w.permute(3, 2, 0, 1).contiguous(memory_format=form)

    def ours(x, i):
        return x if x.ndim < 4 else x.permute(0, 2, 3, 1) if i == 0 else x.permute(2, 3, 1, 0)

    return Layout(given, ours)


LAYOUTS = tuple(map(in_memory_as, (torch.contiguous_format, torch.channels_last)))


def convolution(x, w, b):
    return functional.conv2d(x, w, b, padding="same")


def depthwise_convolution(x, w, b):
    return functional.conv2d(x, w, b, padding="same", groups=len(w))


def max_pool(x):
    """On maps of even sides all that lies beside them comes after, as ceil_mode has it."""
    return functional.max_pool2d(x, 3, 2, ceil_mode=True)


def groupnorm(x, gamma, beta, *, groups):
    return functional.group_norm(x, groups, gamma, beta, eps=1e-6)


def batchnorm(x, gamma, beta):
    return functional.batch_norm(x, None, None, gamma, beta, training=True)


def weight_standardisation(w):
    var, mean = torch.var_mean(w, dim=(0, 1, 2), correction=0)
    return (w - mean) * torch.rsqrt(var + 1e-10)


FUNCTIONS = {  # on maps as they are laid out
    "batchnorm": batchnorm,
    "convolution": convolution,
    "depthwise_convolution": depthwise_convolution,
    "groupnorm": groupnorm,
    "max_pool": max_pool,
    "relu": functional.relu,
}
