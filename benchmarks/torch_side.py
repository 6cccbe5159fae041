"""A training step and an inference as PyTorch does them; compare with model_sides.py."""

import numpy as np

from .agreement import sample
from .configurations import Case
from .model_sides import LEARNING_RATE, WEIGHT_DECAY, ModelSide, synthetic


class TorchSide(ModelSide):
    """The same model in PyTorch, eager, with its fastest parts for a CPU.

    In bf16 its forward and its loss run under autocast, as PyTorch recommends; the backward stands
    outside, and takes for each op the precision that autocast took.
    """

    def __init__(self, case: Case, threads: int, precision: str = "float32"):
        import torch

        from . import torch_vit

        torch.set_num_threads(threads)
        self.torch, self.torch_vit, self.rounds = torch, torch_vit, precision == "bf16"
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
        with self.autocast():
            loss = self.torch.nn.functional.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        return loss

    def logits(self):
        with self.torch.inference_mode(), self.autocast():
            return self.model(self.images)

    def autocast(self):
        return self.torch.autocast("cpu", dtype=self.torch.bfloat16, enabled=self.rounds)

    def outputs(self) -> dict[str, np.ndarray]:
        """As `EngineSide` has them, with the weights that minivit's model begins with."""
        from minivit.models import ViT

        twins = self.torch_vit.twins(self.model)
        ours = ViT(self.case.config, seed=0, zero_head=False).parameters
        assert set(twins) == set(ours)
        for name, twin in twins.items():
            twin.as_ours(twin.parameter).copy_(self.torch.from_numpy(ours[name]))
        loss = self.gradients().detach()
        found = {"logits": self.logits().float().numpy(), "the loss": loss.numpy()}
        return found | {
            f"the gradient of {name}": sample(twin.as_ours(twin.parameter.grad).numpy())
            for name, twin in twins.items()
        }
