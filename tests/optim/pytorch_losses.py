"""Makes pytorch_losses.json: what PyTorch's optimisers reach, step by step, in float64.

    PYTHONPATH=. python tests/optim/pytorch_losses.py

A small ViT learns a dozen images by heart, all of them in every step. The file holds where it
begins, the images, the recipes, and the loss of every step; test_pytorch_losses.py trains minivit
on the same. Muon's steps are written out here, in float64: PyTorch's own goes by bfloat16.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

from benchmarks.torch_vit import TorchViT, twins
from minivit.models import ViT, ViTConfig

FILE = Path(__file__).with_suffix(".json")
MODEL = {"image": (4, 4), "channels": 1, "patch": (2, 2), "width": 8, "depth": 2, "heads": 2,
         "mlp": 12, "classes": 3}  # fmt: skip
STEPS, IMAGES, SMOOTHING = 12, 10, 0.1
DECAY = {"weight_decay": 0.2, "clip": 1e9}
PLAIN = {"weight_decay": 0.0, "clip": 1e9, "schedule": "constant", "warmup_epochs": 0.0}
WITH_SGD = {"optimiser": "sgd", "learning_rate": 0.2}
CASES = {
    "adamw": {"learning_rate": 0.01, "weight_decay": 0.2, "clip": 0.5},
    "adamw, other betas": {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.95, **DECAY},
    "adam, plain": {"optimiser": "adam", "learning_rate": 0.01, **PLAIN},
    "adam": {"optimiser": "adam", "learning_rate": 0.01, "schedule": "linear", **DECAY},
    "sgd, plain": WITH_SGD | PLAIN | {"momentum": 0.0},
    "sgd without momentum": WITH_SGD | DECAY | {"momentum": 0.0, "schedule": "linear"},
    "sgd": WITH_SGD | {"momentum": 0.8, "weight_decay": 0.05, "clip": 0.3},
    "sgd with nesterov": WITH_SGD | DECAY | {"nesterov": True, "schedule": "constant"},
    "muon": {"optimiser": "muon", "learning_rate": 0.02, "momentum": 0.95, "clip": 0.5},
    "muon, linear": {"optimiser": "muon", "learning_rate": 0.02, "schedule": "linear", **DECAY},
}
DEFAULTS = {"optimiser": "adamw", "beta1": 0.9, "beta2": 0.999, "momentum": 0.9, "nesterov": False,
            "weight_decay": 0.05, "clip": 1.0, "schedule": "cosine",
            "warmup_epochs": 3.0}  # fmt: skip
BLOCK_MATRICES = {"w_qkv": 3, "w_out": 1, "w1": 1, "w2": 1}


class Muon(torch.optim.Optimizer):
    """Muon as Jordan et al. 2024 and Liu et al. 2025 write it, for matrices (out, in)."""

    def __init__(self, matrices, lr, momentum, weight_decay):
        super().__init__([{"params": [p], "count": count} for p, count in matrices],
                         {"lr": lr, "mu": momentum, "decay": weight_decay})  # fmt: skip

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (p,), count, lr, mu = (group[key] for key in ("params", "count", "lr", "mu"))
            state = self.state[p]
            state["v"] = mu * state.get("v", torch.zeros_like(p)) + p.grad
            update = p.grad + mu * state["v"]
            parts = [self.orthogonal(part) for part in update.chunk(count, dim=0)]
            p -= lr * (torch.cat(parts) + group["decay"] * p)

    @staticmethod
    def orthogonal(g):
        """0.2 sqrt(max(out, in)) times about U V^T, by its singular value decomposition.

        The iteration acts on the singular values alone, so they are iterated, as numbers.
        """
        U, S, V = torch.linalg.svd(g, full_matrices=False)
        s = S / (torch.linalg.vector_norm(S) + 1e-7)
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        return 0.2 * math.sqrt(max(g.shape)) * (U * s) @ V


def optimisers(model: TorchViT, c: dict) -> list[torch.optim.Optimizer]:
    """The recipe's; Muon has AdamW beside it. Only matrices decay."""
    betas, rest, block = (c["beta1"], c["beta2"]), dict(twins(model)), []
    if c["optimiser"] == "muon":
        kinds = {name: BLOCK_MATRICES.get(name.rpartition(".")[2]) for name in rest}
        block = [(rest.pop(name).parameter, count) for name, count in kinds.items() if count]
    groups = [
        {"params": [t.parameter for t in rest.values() if t.matrix is decays],
         "weight_decay": c["weight_decay"] * decays}
        for decays in (True, False)
    ]  # fmt: skip
    lr = c["learning_rate"]
    if c["optimiser"] == "sgd":
        return [torch.optim.SGD(groups, lr, momentum=c["momentum"], nesterov=c["nesterov"])]
    if c["optimiser"] == "adam":
        return [torch.optim.Adam(groups, lr, betas=betas)]
    found = [torch.optim.AdamW(groups, lr, betas=betas)]
    return [*found, Muon(block, lr, c["momentum"], c["weight_decay"])] if block else found


def scheduler(optimiser: torch.optim.Optimizer, c: dict):
    """PyTorch's schedulers, one after the other."""
    schedulers = torch.optim.lr_scheduler
    warmup = int(c["warmup_epochs"])  # an epoch is one step
    falling = {
        "cosine": lambda: schedulers.CosineAnnealingLR(optimiser, STEPS - warmup),
        "linear": lambda: schedulers.LinearLR(optimiser, 1.0, 0.0, STEPS - warmup),
        "constant": lambda: schedulers.ConstantLR(optimiser, 1.0),
    }[c["schedule"]]
    if not warmup:
        return falling()
    rising = schedulers.LinearLR(optimiser, 1 / warmup, 1.0, warmup - 1)
    return schedulers.SequentialLR(optimiser, [rising, falling()], [warmup])


def clip(gradients: list[torch.Tensor], largest: float) -> None:
    """By the global norm. PyTorch's own divides by norm + 1e-6, and is a millionth off the formula.

    (Pascanu et al. 2013, algorithm 1.)
    """
    norm = torch.linalg.vector_norm(torch.cat([g.reshape(-1) for g in gradients]))
    for g in gradients:
        g *= min(1.0, largest / norm)


def losses(begin: dict, images: np.ndarray, labels: np.ndarray, recipe: dict) -> list[float]:
    c, model = DEFAULTS | recipe, TorchViT(ViTConfig(**MODEL)).double()
    with torch.no_grad():
        for name, twin in twins(model).items():
            value = torch.from_numpy(begin[name])
            twin.parameter.copy_(value.T if twin.matrix else value)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    steppers, found = optimisers(model, c), []
    schedules = [scheduler(stepper, c) for stepper in steppers]
    for _ in range(STEPS):
        model.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels, label_smoothing=SMOOTHING)
        loss.backward()
        clip([p.grad for p in model.parameters()], c["clip"])
        for each in [*steppers, *schedules]:
            each.step()
        found.append(loss.item())
    return found


def main() -> None:
    rng = np.random.default_rng(0)
    model = ViT(ViTConfig(**MODEL), seed=0, dtype=np.float64, zero_head=False)
    begin = {name: array.round(3) for name, array in model.parameters.items()}
    for name in ("embed.positions", "embed.cls"):
        begin[name] = rng.normal(0, 0.5, begin[name].shape).round(3)
    images = rng.uniform(-1, 1, (IMAGES, 4, 4, 1)).round(3)
    labels = rng.integers(0, 3, IMAGES)
    found = {
        "model": MODEL,
        "steps": STEPS,
        "smoothing": SMOOTHING,
        "begin": {name: array.tolist() for name, array in begin.items()},
        "images": images.tolist(),
        "labels": labels.tolist(),
        "cases": {
            name: {"recipe": {"warmup_epochs": 3.0, **recipe},
                   "losses": losses(begin, images, labels, recipe)}
            for name, recipe in CASES.items()
        },
    }  # fmt: skip
    FILE.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
