"""Ranks that train one model have the same data, settings and arrays: that they do is compared."""

import zlib

import numpy as np

from minivit.data import Split, fingerprint


def agree(training) -> None:
    """RanksDiffer unless all ranks stand at the same step of the same training."""
    ranks, config = training.ranks, training.config
    if ranks.count > 1:
        found = training.fingerprint, training.test_fingerprint
        ranks.agree("the images and labels", found)
        ranks.agree("the settings", (config.to_dict(), config.model.to_dict()))
        ranks.agree("the steps", training.steps_done)
        agree_on_arrays(training)


def agree_on_arrays(training) -> None:
    """RanksDiffer unless all ranks have the same arrays for the next step."""
    ranks, model = training.ranks, training.model
    if ranks.count > 1:
        arrays = {"parameters": model.parameters, "buffers": model.buffers}
        for name, each in (arrays | training.kept).items():
            ranks.agree(f"the {name.replace('_', ' ')}", zlib.crc32(each.flat))


def fingerprint_of(split: Split) -> int:
    """A checksum of images and labels."""
    return zlib.crc32(np.ascontiguousarray(split.labels), fingerprint(split.images))
