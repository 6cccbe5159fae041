"""What a model costs, place by place and in all. Nothing is allocated.

FLOPs are those of the matrix products, where an addition and a multiplication count as 2; all else
(norms, softmax, GELU, sums) is linear in the values, and small beside them. The backward needs
two products for each of the forward's, one for the input and one for the weights: a training step
costs three times the forward.
"""

from typing import NamedTuple

from minivit.models.counting import Stage, stages
from minivit.models.families import Config, architecture_of, layout_of

BACKWARD_AND_FORWARD = 3
MOMENTS = 2  # Adam's


class Cost(NamedTuple):
    parameters: int
    forward_flops: int  # per image
    step_flops: int  # forward and backward of a batch
    buffers: int  # numbers that are kept beside the parameters, and not learned
    memory: dict[str, int]  # bytes of a training step, by what they are for


def cost_table(config: Config) -> list[Stage]:
    """A row for every place of the model."""
    return stages(architecture_of(config), config)


def cost(config: Config, *, batch: int, bytes_each: int = 4) -> Cost:
    """The totals; memory for numbers of `bytes_each` bytes (4: float32) and Adam.

    A step needs more than the memory counted here: its temporaries, which are soon freed.
    """
    rows = cost_table(config)
    parameters, forward = sum(r.parameters for r in rows), sum(r.flops for r in rows)
    memory = {
        "parameters": parameters * bytes_each,
        "gradients": parameters * bytes_each,
        "moments": parameters * bytes_each * MOMENTS,
        "activations": sum(r.kept for r in rows) * bytes_each * batch,
    }
    if buffers := layout_of(config).buffers.size:
        memory["buffers"] = buffers * bytes_each
    return Cost(parameters, forward, forward * BACKWARD_AND_FORWARD * batch, buffers, memory)
