"""Where a training went wrong: the first tensor that is not finite, by its name."""

import numpy as np

from minivit.models import ViT


def first_nonfinite(model: ViT, images: np.ndarray, dlogits: np.ndarray | None) -> str | None:
    """The first of parameters, intermediates and gradients (in the order in which they are
    computed) that holds NaN or infinity; None if all are finite."""
    for name, array in model.parameters.items():
        if not np.isfinite(array).all():
            return f"the parameter {name!r}"
    trace = model.trace(images)
    for name, array in trace.values.items():
        if not np.isfinite(array).all():
            return repr(name)
    if dlogits is not None:
        trace.backward(dlogits)
        for name in reversed(trace.gradients):
            if not np.isfinite(trace.gradients[name]).all():
                return f"the gradient of {name!r}"
    return None
