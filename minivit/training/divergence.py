"""Where a training went wrong: the first tensor that is not finite, and what to change."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.models import Model
from minivit.processes import everywhere
from minivit.training.optimisers import USUAL
from minivit.training.recipe import TrainingConfig

USUAL_POSITIONS = TrainingConfig.position_std


class Diverged(InputError):
    """A training met NaN or infinity: it can't go on."""


class Found(NamedTuple):
    """A tensor that is not finite; the first one found is the least."""

    number: int  # in the order in which they are computed
    name: str


@np.errstate(all="ignore")  # the answer says what is wrong: NumPy need not warn on the way to it
def first_nonfinite(
    model: Model, images: np.ndarray, dlogits: np.ndarray | None, seed: int | None = None,
    first_image: int = 0,
) -> Found | None:  # fmt: skip
    """The first of parameters, intermediates and gradients that holds NaN or infinity; None if all
    are finite.

    `seed`: that of a step, in whose batch the images begin at number `first_image`. Without a seed
    the model is used, and buffers are looked at as well.
    """
    for number, (name, array) in enumerate(tensors(model, images, dlogits, seed, first_image)):
        if not np.isfinite(array).all():
            return Found(number, name)
    return None


def tensors(
    model: Model, images: np.ndarray, dlogits: np.ndarray | None, seed: int | None, first_image: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Each by what it is called, in the order in which they are computed."""
    held = {"parameter": model.parameters, "buffer": {} if seed is not None else model.buffers}
    for kind, arrays in held.items():
        for name, array in arrays.items():
            yield f"the {kind} {name!r}", array
    if not len(images):
        return
    trace = model.trace(images, seed=seed, first_image=first_image)
    for name, array in trace.values.items():
        yield repr(name), array
    if dlogits is not None:
        trace.backward(dlogits)
        for name in reversed(trace.gradients):
            yield f"the gradient of {name!r}", trace.gradients[name]


def first_in(
    parts: Iterable[tuple[range, np.ndarray, np.ndarray]], model: Model, seed: int
) -> Found | None:
    """The first of a step's tensors that is not finite, in any of the parts: each has its numbers
    in the whole batch, images and dlogits.
    """
    found = [first_nonfinite(model, *part, seed, share.start) for share, *part in parts]
    return min(filter(None, found), default=None)


def diverged_on(training, images: np.ndarray) -> Diverged:
    """What stops a training that finds NaN or infinity on images that all ranks have."""
    return diverged(training, [first_nonfinite(training.model, images, None)])


def diverged(training, found: Iterable[Found | None]) -> Diverged:
    """The same, where each rank found something on its own images, or nothing."""
    state, first = training.state, min(filter(None, found), default=None)
    return everywhere(Diverged(  # all ranks have the same parameters and losses
        f"training diverged in epoch {state.epoch + 1}, step {state.step + 1}: the first tensor "
        f"with NaN or infinity is {first.name if first else 'the loss'}; "
        f"{advice(training.config, training.steps_done)}"
    ))  # fmt: skip


def advice(config: TrainingConfig, steps: int) -> str:
    """What to change, as the end of a sentence, after `steps` steps of the optimiser.

    It names the entry of the recipe that is furthest above what is usual with its optimiser, among
    those that can be at fault: the spread of the positions; after a step also the learning rate,
    and weight decay where it overshoots 0 (AdamW multiplies a weight by 1 - rate decay).
    """
    usual = {"position_std": USUAL_POSITIONS, **USUAL[config.optimiser]}
    suspects = ["position_std"]
    if steps:
        suspects.append("learning_rate")
        if config.learning_rate * config.weight_decay > 1:
            suspects.append("weight_decay")
    excess = {name: (getattr(config, name) or 0.0) / usual[name] for name in suspects}
    name = max(excess, key=excess.get)
    if excess[name] > 1:
        words, value = name.replace("_", " "), getattr(config, name)
        return f"the {words} is {value:g}: try the usual {usual[name]:g}"
    if not steps:
        return "no step was done yet, so it is the model's beginning: begin with other parameters"
    return f"the learning rate is {config.learning_rate:g}: try {config.learning_rate / 10:g}"
