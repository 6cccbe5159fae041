"""One op at one point: called with copies, checked for its law, its errors told as its own."""

import copy
import traceback
from collections.abc import Callable, Mapping

import numpy as np

from minivit.checking.law import (
    UnlawfulError,
    alike,
    dy_stream,
    equal,
    gradient_fault,
    split_gradients,
    split_output,
    written_into,
)
from minivit.checking.state import Results, kept_state
from minivit.errors import InputError


class OpError(Exception):
    """What the op itself raised, in words, and in which direction."""

    def __init__(self, direction: str, function: Callable, error: Exception):
        self.direction = direction
        super().__init__(f"it raised {in_words(error, function)}")


class Trial:
    """One op, and the point at which its gradients are looked at."""

    def __init__(self, forward, backward, inputs: dict, options: Mapping | None):
        self._forward, self._backward, self.inputs = forward, backward, inputs
        options = dict(options or {})
        self.fixed = {n: v for n, v in options.items() if copy.deepcopy(v) is v}  # plain values
        self.drawn = {n: v for n, v in options.items() if n not in self.fixed}
        self.present = [name for name, x in inputs.items() if x is not None]
        if not self.present:
            raise InputError("there is no input to check: give at least one array")

    def run(self, inputs: Mapping) -> tuple[np.ndarray, object]:
        """(y, cache). A random state among the options is copied: the same dropout mask again."""
        drawn = copy.deepcopy(self.drawn) if self.drawn else {}
        try:
            result = self._forward(*inputs.values(), **self.fixed, **drawn)
        except InputError:  # these inputs are refused: a sentence for whoever chose them
            raise
        except NotImplementedError:  # what isn't written yet is neither right nor wrong
            raise
        except Exception as error:
            raise OpError("forward", self._forward, error) from error
        return split_output(result)

    def backward(self, dy: np.ndarray, cache) -> object:
        """What the backward returns, whatever it is."""
        try:
            return self._backward(dy, cache)
        except NotImplementedError:
            raise
        except Exception as error:
            raise OpError("backward", self._backward, error) from error

    def output(self, inputs: Mapping) -> np.ndarray:
        """A copy of y, from copies of the inputs: an op may give the same array every time."""
        return self.run({n: x if x is None else x.copy() for n, x in inputs.items()})[0].copy()

    def output_near(self, name: str, x: np.ndarray, size: int) -> np.ndarray:
        """y as (size,) where one input has moved to x; NaN outside the domain of the op."""
        try:
            y = self.output({**self.inputs, name: x})
        except (OpError, InputError):
            return np.full(size, np.nan)
        return y.reshape(-1) if y.size == size else np.full(size, np.nan)

    def gradients(self, seed: int, problems: list[str]) -> tuple[np.ndarray, np.ndarray, dict]:
        """y, two draws of dy, and {input: (its gradient for each dy, its fault)}.

        Adds a sentence to `problems` for whatever breaks the law; raises UnlawfulError where
        that leaves nothing to compare, OpError where the op raises.
        """
        handed = copy.deepcopy(self.inputs)
        y, cache = self.run(handed)
        y_then = y.copy()
        if not np.isfinite(y).all():
            raise UnlawfulError("the forward returned NaN or infinity for finite inputs")
        written = written_into(handed, self.inputs)
        problems += [f"the forward writes into its input {name}" for name in written]
        if y.dtype != np.float64:
            problems.append(f"the forward returned dtype {y.dtype} for float64 inputs")
        if not alike(y_then, self.output(self.inputs)):
            raise UnlawfulError(
                "the forward gives another result every time: hand what is random in as an option"
            )
        rng = dy_stream(seed)
        dy = np.array(rng.standard_normal(y.shape))
        given, found = self.run_backward(dy, handed, cache, written, problems)
        if not problems:
            first = Results(y, y_then, cache, dy, given)
            problems += kept_state(self.run, self.backward, self.inputs, first, rng)
        other = np.array(rng.standard_normal(y.shape))
        return y_then, np.array([dy, other]), self.with_second_draw(other, found)

    def run_backward(self, dy, handed, cache, written, problems: list[str]) -> tuple[dict, dict]:
        """{input: gradient} and {input: (its copy, its fault)}; `written` names the inputs that
        the forward spoiled."""
        names, upstream = list(self.inputs), dy.copy()
        given = split_gradients(self.backward(upstream, cache), names)
        faults = {n: gradient_fault(g, self.inputs[n], upstream) for n, g in given.items()}
        found = {n: (copy.copy(g), faults[n]) for n, g in given.items()}
        if not equal(upstream, dy):
            problems.append("the backward writes into dy")
        for name in written_into(handed, self.inputs):
            if name not in written:
                problems.append(f"the backward writes into the input {name}")
        spoils = "it spoils its cache"
        try:
            second = split_gradients(self.backward(dy.copy(), cache), names)
        except (OpError, UnlawfulError) as error:
            problems.append(f"the backward can't be called twice, {spoils} ({error})")
            return given, found
        if not all(alike(found[n][0], second[n]) for n in names if not faults[n]):
            problems.append(f"the backward gives another result when called twice: {spoils}")
        return given, found

    def with_second_draw(self, dy: np.ndarray, found: dict) -> dict:
        """`found` with two gradients for each input: the second is for this dy."""
        handed = copy.deepcopy(self.inputs)
        second = split_gradients(self.backward(dy.copy(), self.run(handed)[1]), list(found))
        both = {}
        for name, (first, fault) in found.items():
            fault = fault or gradient_fault(second[name], self.inputs[name], np.empty(0))
            stacked = None if fault or first is None else np.array([first, second[name]])
            both[name] = stacked, fault
        return both


def in_words(error: Exception, function: Callable) -> str:
    """The kind of an error, its message and the line of the function's file where it came up."""
    message = " ".join(str(error).split())
    words = type(error).__name__ + (f": {message}" if message else "")
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return f"{words} ({file}, line {lines[-1]})" if lines else words
