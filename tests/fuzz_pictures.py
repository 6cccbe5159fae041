"""Mutated pictures in all of Pillow's formats, and `minivit predict`."""

import random
from functools import cache
from pathlib import Path

from fuzz_checkpoints import quicken, run_command
from mutations import damaged
from picture_samples import samples

from minivit import ViT, load_dataset, save, variant

COLOUR = {"height": 6, "width": 9, "channels": 3, "low": -1.0, "high": 1.0, "ink": "any"}
NAME = "七 é"


@cache
def prepared() -> tuple[list[tuple[str, bytes]], list[bytes]]:
    """The samples, and checkpoints of two models: one for strokes, one for coloured pictures."""
    import tempfile

    quicken()
    models = [variant("digits", width=8, depth=1, heads=2, mlp=8)]
    models.append(variant("digits", image=(6, 9), patch=3, channels=3, width=8, depth=1, mlp=8))
    contents = []
    with tempfile.TemporaryDirectory() as folder:
        for config in models:
            model = ViT(config, zero_head=False)
            colour = config.channels == 3
            model.preprocessing = COLOUR if colour else load_dataset("digits").preprocessing
            save(model, Path(folder) / "m")
            contents.append((Path(folder) / "m").read_bytes())
    return samples(), contents


def run_case(folder: Path, seed: int, number: int) -> tuple[str, str]:
    """The format and the exit code on this case's picture, and its fault or ""."""
    rng = random.Random(f"pictures {seed} {number}")
    pictures, models = prepared()
    kind, content = pictures[number % len(pictures)]
    path, model = folder / NAME, folder / "m.safetensors"
    path.write_bytes(content if number < len(pictures) else damaged(content, rng))
    model.write_bytes(rng.choice(models))
    command = ["predict", str(model), str(path)]
    code, fault = run_command([*command, "--json"] if rng.random() < 0.2 else command)
    left = sorted(file.name for file in folder.iterdir())
    if not fault and left != sorted((NAME, model.name)):
        fault = f"left {left}"
    return str(code), fault and f"{kind}: {fault}"
