"""A training step and an inference as each side does them: what `sides.Worker` holds."""

import contextlib
from inspect import signature

import numpy as np

from minivit.errors import InputError

from .agreement import sample
from .configurations import Case
from .memory import resident_at_most, resident_now
from .timing import time_calls

# So small that many steps on one batch leave the model as it was: a model that has learnt its
# batch by heart has gradients near 0, and numbers below 1e-38 cost the CPU extra.
LEARNING_RATE = 1e-6
WEIGHT_DECAY = 0.05


def synthetic(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Images (B, height, width, channels) in [-1, 1] and labels (B,), the same for every side."""
    c, rng = case.config, np.random.default_rng(0)
    images = rng.uniform(-1, 1, (case.batch, *c.image, c.channels)).astype(np.float32)
    return images, rng.integers(0, c.classes, case.batch)


class ModelSide:
    """What the sides have in common; they bring `build`, `step`, `logits` and `outputs`."""

    def __init__(self, case: Case):
        self.case = case
        self.imported = resident_now()

    def train(self, count: int) -> list[float]:
        """Seconds of each of `count` training steps: forward, loss, backward, AdamW."""
        return time_calls(self.step, count)

    def infer(self, count: int) -> list[float]:
        """Seconds of each of `count` inferences: images to logits, nothing kept."""
        return time_calls(self.logits, count)

    def peak(self, steps: int = 3) -> int:
        """Bytes that a few training steps have taken at most, on top of the imports."""
        self.build()
        for _ in range(steps):
            self.step()
        return resident_at_most() - self.imported

    def first_step(self) -> None:
        """Build all that a first step needs, and take the step."""
        self.build()
        self.step()


class EngineSide(ModelSide):
    """minivit's model on one of its backends."""

    weights_stay = contextlib.nullcontext

    def __init__(self, case: Case, backend: str, precision: str = "float32", emulate: bool = False):
        """Raises InputError in a minivit that does not know the precision."""
        from minivit.backend import use
        from minivit.models import ViT
        from minivit.optim import Adam

        if precision == "float32":  # a checkout from before there was a choice knows no other
            use(backend)
        elif "precision" not in signature(use).parameters:
            raise InputError(
                f"one side's minivit knows no precision but float32, and {precision} is asked for: "
                "choose a later checkout, or leave out --precision"
            )
        else:
            from minivit.chosen import weights_stay

            use(backend, precision=precision, emulate=emulate)
            self.weights_stay = weights_stay
        self.make_model, self.make_optimiser = ViT, Adam
        super().__init__(case)

    def infer(self, count: int) -> list[float]:
        """As above; in bf16 weights are packed once, as in `minivit evaluate` and `predict`."""
        with self.weights_stay():
            return super().infer(count)

    def build(self) -> None:
        self.images, self.labels = synthetic(self.case)
        self.model = self.make_model(self.case.config, seed=0, zero_head=False)
        self.optimiser = self.make_optimiser(self.model.parameters, weight_decay=WEIGHT_DECAY)

    def step(self) -> None:
        self.gradients()
        self.optimiser.step(self.model.gradients, LEARNING_RATE)

    def gradients(self) -> float:
        """A training step without the optimiser; returns the loss."""
        from minivit.backend import current
        from minivit.models.losses import hidden_targets, loss_backward, loss_forward

        model, ops, c = self.model, current(), self.case.config
        outputs, cache = self.forward()
        targets = self.labels if c.learns_classes else hidden_targets(model, self.images)
        loss, loss_cache = loss_forward(ops, c, outputs, targets)
        doutputs = loss_backward(ops, c, np.float32(1), loss_cache)
        if "replace" in signature(model.backward).parameters:
            model.backward(doutputs, cache, free_cache=True, replace=True)
        else:  # in a checkout from before there was this way
            model.zero_gradients()
            model.backward(doutputs, cache, free_cache=True)
        return loss

    def forward(self) -> tuple:
        """Logits, and what the backward needs."""
        return self.model.forward(self.images)

    def logits(self) -> np.ndarray:
        return self.model.logits(self.images)

    def outputs(self) -> dict[str, np.ndarray]:
        """What every side must agree on, before the first step changes it."""
        loss = self.gradients()
        found = {"logits": self.logits(), "the loss": np.array(loss)}
        gradients = self.model.gradients
        return found | {f"the gradient of {n}": sample(gradients[n]) for n in gradients}
