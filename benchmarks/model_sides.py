"""A training step and an inference as each side does them: what `sides.Worker` holds."""

import numpy as np

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

    def __init__(self, case: Case, backend: str):
        from minivit.backend import use
        from minivit.models import ViT
        from minivit.optim import Adam

        use(backend)
        self.make_model, self.make_optimiser = ViT, Adam
        super().__init__(case)

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


class TorchSide(ModelSide):
    """The same model in PyTorch, eager, with its fastest parts for a CPU."""

    def __init__(self, case: Case, threads: int):
        import torch

        from . import torch_vit

        torch.set_num_threads(threads)
        self.torch, self.torch_vit = torch, torch_vit
        super().__init__(case)

    def build(self) -> None:
        images, labels = synthetic(self.case)
        self.images, self.labels = self.torch.from_numpy(images), self.torch.from_numpy(labels)
        self.model = self.torch_vit.TorchViT(self.case.config)
        decayed, rest = self.torch_vit.decayed_and_rest(self.model)
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": rest}]
        self.optimiser = self.torch.optim.AdamW(
            groups, lr=LEARNING_RATE, weight_decay=0.0, fused=True
        )

    def step(self) -> None:
        self.gradients()
        self.optimiser.step()

    def gradients(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.torch.nn.functional.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        return loss

    def logits(self):
        with self.torch.inference_mode():
            return self.model(self.images)

    def outputs(self) -> dict[str, np.ndarray]:
        """As above, with the weights that minivit's model begins with."""
        from minivit.models import ViT

        twins = self.torch_vit.twins(self.model)
        ours = ViT(self.case.config, seed=0, zero_head=False).parameters
        assert set(twins) == set(ours)
        for name, twin in twins.items():
            twin.as_ours(twin.parameter).copy_(self.torch.from_numpy(ours[name]))
        loss = self.gradients().detach()
        found = {"logits": self.logits().numpy(), "the loss": loss.numpy()}
        return found | {
            f"the gradient of {name}": sample(twin.as_ours(twin.parameter.grad).numpy())
            for name, twin in twins.items()
        }
