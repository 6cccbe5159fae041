"""One op at a time as each side does it: what `sides.Worker` holds."""

from collections.abc import Callable
from functools import partial

import numpy as np

from .agreement import sample
from .op_cases import OpCase
from .timing import time_calls

OPTIMISERS = ("adam", "sgd", "muon")
FORWARD_ONLY = (*OPTIMISERS, "global_norm")
TRIALS = 5  # runs by which the faster of PyTorch's layouts is found
FAR = 0.1  # the rate of the step that is compared: in the small ones that are timed no fault shows


class OpSide:
    """Holds one op's forward and backward as functions of nothing, ready to be called again."""

    calls: dict[str, Callable]

    def time(self, direction: str, count: int) -> list[float]:
        return time_calls(self.calls[direction], count)


class EngineOps(OpSide):
    """minivit's ops or kernels."""

    def __init__(self, backend: str, precision: str = "float32"):
        from minivit.backend import current, use

        use(backend, precision=precision)
        self.ops = current()

    def outputs(self, case: OpCase) -> dict[str, np.ndarray]:
        """Make the calls ready, and return a sample of what they compute."""
        inputs, name = case.inputs(), case.op
        if name in OPTIMISERS:
            return self.step(case, *inputs)
        if name == "global_norm":
            self.calls = {"forward": lambda: self.ops.global_norm(*inputs)}
            return {"norm": np.array(self.calls["forward"]())}
        forward = getattr(self.ops, f"{name}_forward")
        backward = getattr(self.ops, f"{name}_backward")
        y, cache = forward(*inputs, **case.options)
        dy = case.dy() if case.out else y.dtype.type(1)
        self.calls = {
            "forward": lambda: forward(*inputs, **case.options),
            "backward": lambda: backward(dy, cache),
        }
        gradients = backward(dy, cache)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        return named(name, y, gradients)

    def step(self, case: OpCase, parameters, gradients, *moments):
        """The first step of an optimiser; the next ones are short."""
        step = partial(getattr(self.ops, f"{case.op}_step"), parameters, gradients, *moments)
        for moment in moments:
            moment[:] = 0
        step(**case.options | {"learning_rate": FAR})
        self.calls = {"forward": partial(step, **case.options)}
        return {"parameters": sample(parameters)}


class TorchOps(OpSide):
    """PyTorch, eager: the function it has for the op, and autograd's backward of it."""

    def __init__(self, threads: int):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch

    def outputs(self, case: OpCase) -> dict[str, np.ndarray]:
        from .torch_ops import layouts

        torch, name = self.torch, case.op
        inputs = [torch.from_numpy(array) for array in case.inputs()]
        if name in OPTIMISERS:
            return self.step(case, *inputs)
        if name == "global_norm":
            self.calls = {"forward": lambda: torch.linalg.vector_norm(*inputs)}
            return {"norm": self.calls["forward"]().numpy()}
        tried = [self.laid_out(case, inputs, layout) for layout in layouts(name)]
        self.calls, outputs = tried[0]
        if len(tried) > 1:
            for direction in self.calls:
                self.calls[direction] = fastest([calls[direction] for calls, _ in tried])
        return outputs

    def laid_out(self, case: OpCase, inputs: list, layout):
        """The calls with the arrays in one of PyTorch's layouts, and what they compute."""
        from .torch_ops import FUNCTIONS

        torch = self.torch
        inputs = [layout.given(x, i).requires_grad_() for i, x in enumerate(inputs)]

        def forward():
            return FUNCTIONS[case.op](*inputs, **case.options)

        y = forward()
        dy = layout.given(torch.from_numpy(case.dy()), 0) if case.out else torch.ones(())

        def backward():
            return torch.autograd.grad(y, inputs, dy, retain_graph=True)

        gradients = [layout.ours(g, i).numpy() for i, g in enumerate(backward())]
        outputs = named(case.op, layout.ours(y, 0).detach().numpy(), gradients)
        return {"forward": forward, "backward": backward}, outputs

    def step(self, case: OpCase, parameters, gradients, *_):
        """The same with PyTorch's optimiser."""
        from .torch_ops import optimiser_of

        parameters.grad = gradients
        optimiser = optimiser_of(case.op, parameters.requires_grad_(), case.options)
        for group in optimiser.param_groups:
            group["lr"] = FAR
        optimiser.step()
        for group in optimiser.param_groups:
            group["lr"] = case.options["learning_rate"]
        self.calls = {"forward": optimiser.step}
        return {"parameters": sample(parameters.detach().numpy())}


def fastest(calls: list[Callable]) -> Callable:
    """The one whose best of a few runs is shortest."""
    return min(calls, key=lambda call: min(time_calls(call, TRIALS)))


def named(op: str, y, gradients) -> dict[str, np.ndarray]:
    """A sample of each output, by name."""
    found = {f"{op}'s y": sample(y)}
    given = [gradient for gradient in gradients if gradient is not None]
    return found | {f"{op}'s gradient {i}": sample(g) for i, g in enumerate(given)}
