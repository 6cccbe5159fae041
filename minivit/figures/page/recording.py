"""What a page without weights is told: arrays of some blocks, in half precision, and maps.

Of every image it gets the tokens in front of the blocks, the logits and those of the lens, and of
each recorded block q, k, v and d mixed: 4 T H K numbers, from which the page works out scores,
probs, mixed and all their gradients (2 H T T and more), as `Followed` does here. So the page can
tell how far each array is from the trace in float64.

    half(x) = x / 2^exponent, rounded to 11 bits;   the largest number becomes 2^14 to 2^15

So no array overflows and none fades away, however small its gradients: numbers are off by a part of
5e-4, or by 2e-12 of the largest one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit import inspection, ops
from minivit.errors import InputError
from minivit.figures.page.letters import in_letters, letters_for
from minivit.figures.page.recorded_reasons import recorded_reasons
from minivit.models import Config, ViT
from minivit.models.trace import Trace
from minivit.ops import cross_entropy_backward, cross_entropy_forward

HALF = np.dtype("<f2")
TOP = 15  # 2^15 is half of what half precision holds
EMBEDDING = ("embed", "projection")  # places whose parameters are recorded; all positions are, too


class Recorded(NamedTuple):
    """An array of a recording: of an image by its number, or of the model (None)."""

    image: int | None
    name: str
    gradient: bool
    array: np.ndarray


class Followed(NamedTuple):
    """What follows from q, k, v and d mixed of a block, by the names of the trace."""

    values: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


def check_blocks(blocks: Sequence[int] | None, depth: int) -> tuple[int, ...]:
    """The blocks to record, in order; None: all.

    InputError for one that is not there, and for none of those that are.
    """
    wanted = sorted(set(range(depth) if blocks is None else blocks))
    if depth and not wanted:
        raise InputError(f"no block is to be recorded: choose some from 0 to {depth - 1}")
    for block in wanted:
        if not 0 <= block < depth:
            there = f"blocks from 0 to {depth - 1}" if depth else "no blocks"
            raise InputError(f"block {block} can't be recorded: the model has {there}")
    return tuple(wanted)


def recorded_parameters(model: ViT) -> list[Recorded]:
    """The parameters that a page has without the weights: of the embedding and of positions."""
    return [Recorded(None, name, False, model.parameters[name]) for name in embedding(model)]


def parameters_off(model: ViT) -> dict[str, float]:
    """How far a number of each of them is from the model's, at most."""
    return {name: told_difference(rounded(array), array)
            for _, name, _, array in recorded_parameters(model)}  # fmt: skip


def told_difference(array: np.ndarray, exact: np.ndarray) -> float:
    """The largest difference of two numbers, in two digits."""
    return float(f"{np.abs(array - exact).max():.1e}")


def embedding(model: ViT) -> list[str]:
    """Their names."""
    places = {name: name.rpartition(".")[0] for name in model.layout.shapes}
    return [n for n, one in places.items() if one in EMBEDDING or one.endswith("positions")]


def recorded_image(
    model: ViT, trace: Trace, image: np.ndarray, number: int, label: int | None,
    blocks: Sequence[int],
) -> tuple[dict, list[Recorded]]:  # fmt: skip
    """What is told of an image, and its arrays. `trace` is that of the same model in float64.

    Gradients are those of the cross-entropy with the label, or with what the model says.
    """
    said = int(trace.logits.argmax())
    asked = said if label is None else label
    _, cache = cross_entropy_forward(trace.logits, labels=np.array([asked]))
    trace.backward(cross_entropy_backward(1.0, cache))
    front = inspection.lens_places(trace.config)[0]
    arrays = [Recorded(number, front, False, trace.values[front][0])]
    for place in (f"blocks.{block}.attention" for block in blocks):
        for name in (f"{place}.{letter}" for letter in "qkv"):
            arrays.append(Recorded(number, name, False, trace.values[name][0]))
        mixed = f"{place}.mixed"
        arrays.append(Recorded(number, mixed, True, trace.gradients[mixed][0]))
    told = {
        "logits": trace.logits[0].tolist(),
        "norms": {place: norm(trace, place) for place in trace.noted},
        "off": largest_differences(trace, arrays, blocks),
        "reasons": {},
    }
    arrays.append(Recorded(number, "lens", False, inspection.logit_lens(model, image[None])[0]))
    if trace.config.depth:
        starts = range(trace.config.depth)
        maps = [inspection.rollout_map(model, image[None], start_block=i).ravel() for i in starts]
        arrays.append(Recorded(number, "rollout", False, np.stack(maps)))
    for target in sorted({said, asked}):
        told["reasons"][str(target)], named = recorded_reasons(model, image, target)
        arrays += [Recorded(number, f"why.{target}.{n}", False, a) for n, a in named.items()]
    return told, arrays


def norm(trace: Trace, place: str) -> float:
    """How long the gradient of what a place makes is."""
    last = [*trace.noted[place].values][-1]
    return float(np.linalg.norm(trace.gradients[f"{place}.{last}"]))


def largest_differences(trace: Trace, arrays: Sequence[Recorded], blocks: Sequence[int]) -> dict:
    """Of every array that the page shows, how far a number of it is from the trace, at most."""
    have = {(one.name, one.gradient): rounded(one.array) for one in arrays}
    for place in (f"blocks.{block}.attention" for block in blocks):
        made = followed(*(have[f"{place}.{n}", n == "mixed"] for n in ("q", "k", "v", "mixed")))
        have |= {(f"{place}.{n}", False): a for n, a in made.values.items()}
        have |= {(f"{place}.{n}", True): a for n, a in made.gradients.items()}
    off = {"values": {}, "gradients": {}}
    for (name, gradient), array in have.items():
        exact = (trace.gradients if gradient else trace.values)[name][0]
        off["gradients" if gradient else "values"][name] = told_difference(array, exact)
    return off


def followed(q: np.ndarray, k: np.ndarray, v: np.ndarray, dmixed: np.ndarray) -> Followed:
    """q, k, v, d mixed (H, T, K) -> what the op of attention notes, forward and backward."""
    values, gradients = {}, {}
    _, cache = ops.attention_forward(q, k, v, note=values.update)
    ops.attention_backward(dmixed, cache, note=gradients.update)
    return Followed(values, gradients)


def half(array: np.ndarray) -> tuple[np.ndarray, int]:
    """array -> its numbers in half precision, divided by 2^exponent; and the exponent."""
    exact = np.asarray(array, np.float64)
    exponent = int(np.frexp(np.abs(exact).max(initial=0))[1]) - TOP
    return np.ldexp(exact, -exponent).astype(HALF), exponent


def rounded(array: np.ndarray) -> np.ndarray:
    """An array as the page has it, in float64."""
    numbers, exponent = half(array)
    return np.ldexp(numbers.astype(np.float64), exponent)


def written(arrays: Sequence[Recorded]) -> tuple[list[dict], str]:
    """What a page is told of these arrays, and a line of letters for each."""
    told, lines = [], []
    for image, name, gradient, array in arrays:
        numbers, exponent = half(array)
        told.append({"image": image, "name": name, "gradient": gradient,
                     "shape": list(array.shape), "exponent": exponent})  # fmt: skip
        lines.append(in_letters(numbers.tobytes()))
    return told, "\n".join(lines)


def recorded_size(model: ViT, shown: int, blocks: Sequence[int]) -> int:
    """About how many bytes of a page a recording has, with its images."""
    c: Config = model.config
    tokens = c.tokens * (c.width + 4 * c.heads_width * len(blocks))
    numbers = tokens + (2 * c.depth + 1) * c.classes + (c.depth + 20) * c.patches
    parameters = sum(model.parameters[name].size for name in embedding(model))
    pixels = model.dtype.itemsize * c.image[0] * c.image[1] * c.channels
    content = 2 * parameters + shown * (2 * numbers + pixels)
    return letters_for(content) + 20 * shown * c.classes
