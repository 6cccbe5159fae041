"""Gradient checks of an op by its name: every way to call it, at small sizes."""

from typing import NamedTuple

import numpy as np

from minivit import backend, ops
from minivit.checking.calls import OPS, calls
from minivit.checking.op import gradcheck
from minivit.checking.report import Report

__all__ = ["OPS", "Sample", "check_sample", "samples"]


class Sample(NamedTuple):
    """One way to call an op, with numbers."""

    op: str
    name: str
    inputs: list[np.ndarray | None]
    options: dict


def samples(op: str, seed: int = 0) -> list[Sample]:
    """All ways to call one of OPS; each draws its numbers from the same seed."""
    rng = np.random.default_rng
    return [Sample(op, call.name, call.draw(rng(seed)), call.options) for call in calls(op)]


def check_sample(sample: Sample, seed: int = 0) -> Report:
    """Check one op on one sample, on the backend that runs now (NumPy if it lacks the op)."""
    module = backend.current() if hasattr(backend.current(), sample.op + "_forward") else ops
    report = gradcheck(
        getattr(module, sample.op + "_forward"),
        getattr(module, sample.op + "_backward"),
        *sample.inputs,
        options=sample.options,
        seed=seed,
    )
    report.title = sample.name
    return report
