"""Models of other libraries, with what these libraries computed: checkpoints/foreign_parity.npz.

checkpoints/foreign_parity.py made the file: the weights of small models under the names of their
library, the logits of two images, and the gradient of a combination of them by every weight.
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import minivit

STORED = dict(np.load(Path(__file__).parent / "checkpoints" / "foreign_parity.npz"))
CASES = sorted({key.split(":")[0] for key in STORED if ":" in key})
HEADS = 2


def stored(case: str, kind: str) -> dict[str, np.ndarray]:
    """The stored arrays of a case: its weights, or the gradients by them."""
    beginning = f"{case}:{kind}:"
    found = {key: array for key, array in STORED.items() if key.startswith(beginning)}
    return {key.removeprefix(beginning): array for key, array in found.items()}


def config_of(case: str) -> dict:
    """What a case's config.json must tell, as the arrays don't."""
    if case.startswith("hf"):
        return {"num_attention_heads": HEADS}
    pool = "avg" if "mean" in case else "token"
    return {"global_pool": pool, "model_args": {"num_heads": HEADS, "global_pool": pool}}


def loaded(case: str, folder: Path, dtype) -> minivit.ViT:
    """The model of a case, read by minivit from the files of its library."""
    weights = {name: array.astype(dtype) for name, array in stored(case, "weights").items()}
    family = case.split("-")[0]
    if family == "google":
        np.savez(folder / "weights.npz", **weights)
    else:
        save_file(weights, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(config_of(case)))
    return minivit.load(folder)
