"""Makes lessons/results/18_timm: a small model of timm's, trained by PyTorch, and its answers.

    PYTHONPATH=. python tests/checkpoints/someone_elses_weights.py

Needs torch and timm, and about a minute of one core. The folder holds what timm writes for the Hub
(model.safetensors, here in half precision, and config.json), and answers.safetensors: what timm
computes in float64, with these weights, of the first test images of `shapes-by-colour`. Lesson 18
reads all of it without timm. PyTorch rounds otherwise on another machine, which then makes other
weights; the lesson's figures are those of the weights in the repository.
"""

import math
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors.numpy import save_file
from timm.models import save_for_hf

import minivit

FOLDER = Path(__file__).resolve().parents[2] / "lessons" / "results" / "18_timm"
DATA = "shapes-by-colour"
MEAN, STD = timm.data.IMAGENET_DEFAULT_MEAN, timm.data.IMAGENET_DEFAULT_STD
SIZES = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 4,
         "mlp_ratio": 2, "num_classes": 8}  # fmt: skip
EPOCHS, BATCH, PEAK, WARMUP = 8, 64, 3e-3, 300
ANSWERED = 4  # images


def main() -> None:
    torch.manual_seed(18)
    torch.set_num_threads(1)
    data = minivit.load_dataset(DATA)
    use = {"mean": MEAN, "std": STD, "input_size": (3, 32, 32), "crop_pct": 1.0, "num_classes": 8,
           "label_names": data.class_names, "tag": "", "license": "mit"}  # fmt: skip
    model = timm.create_model("vit_tiny_patch16_224", pretrained_cfg_overlay=use, **SIZES)
    train(model, pixels(data.train).float(), torch.from_numpy(data.train.labels))
    model.half()  # the answers are those of the rounded weights
    save_for_hf(model, FOLDER, model_args=SIZES, safe_serialization=True)
    answer(model.double().eval(), data.test)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path}: {path.stat().st_size:,} bytes")


def pixels(split) -> torch.Tensor:
    """As timm feeds them: (n, channels, height, width), by ImageNet's mean and spread, float64."""
    scaled = (split.images.levels / 255 - MEAN) / STD
    return torch.from_numpy(scaled.transpose(0, 3, 1, 2).copy())


def train(model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=0.05)
    batches = [chosen for _ in range(EPOCHS) for chosen in torch.randperm(len(images)).split(BATCH)]
    for step, chosen in enumerate(batches):
        fall = (1 + math.cos(math.pi * step / len(batches))) / 2
        optimiser.param_groups[0]["lr"] = PEAK * min(1, (step + 1) / WARMUP) * fall
        loss = torch.nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 50 == 0:
            print(f"step {step} of {len(batches)}: loss {loss.item():.3f}", flush=True)


@torch.no_grad()
def answer(model: torch.nn.Module, split) -> None:
    """What timm makes of the first images: their logits; of the first one the tokens in front of
    the blocks and after each.
    """
    tokens = []
    for place in (model.norm_pre, *model.blocks):
        place.register_forward_hook(lambda *found: tokens.append(found[2][0].numpy().copy()))
    logits = model(pixels(split)).numpy()
    found = {"logits": logits[:ANSWERED].copy(), "tokens": np.stack(tokens)}
    made = f"timm {timm.__version__}, PyTorch {torch.__version__}, float64"
    save_file(found, FOLDER / "answers.safetensors", {"made by": made})
    right = (logits.argmax(1) == split.labels).mean()
    print(f"{right:.1%} of the test images are read right")


if __name__ == "__main__":
    main()
