"""Makes foreign_parity.npz: what the reference implementations compute, in float64.

    PYTHONPATH=. python tests/checkpoints/foreign_parity.py

Needs jax, flax, torch, timm and transformers. Of each small model with random weights the file
holds the weights under the names of its library, the logits of a few images, and the gradient of a
random combination of the logits by every weight. test_foreign_parity.py reads the weights with
minivit. Then models of minivit are exported, and the libraries themselves read them.
(`python -m benchmarks parity` compares at the size of ViT-B/16.)
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.torch
import timm
import torch
import transformers

import minivit
from benchmarks.computed import Task
from benchmarks.google_vit import google
from benchmarks.parity import SMALL
from benchmarks.torch_libraries import answer, computed, hugging_face, timm_model
from benchmarks.torch_libraries import timm as by_timm_s_model

FILE = Path(__file__).with_suffix(".npz")
IMAGES = 2


def made() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(15)
    images = rng.uniform(-1, 1, (IMAGES, *SMALL.image, SMALL.channels))
    dlogits = rng.standard_normal((IMAGES, SMALL.classes))
    task = Task(images, dlogits, rng, spread=0.3)
    mean = replace(SMALL, pool="mean", norm_after_pool=True)
    beside_cls = replace(mean, cls_token=True, qkv_bias=False)
    cases = {
        "google": google(SMALL, task),
        "google-pre-logits": google(replace(SMALL, pre_logits=5), task),
        "google-mean": google(replace(SMALL, pool="mean"), task),
        "timm": by_timm_s_model(SMALL, task),
        "timm-mean": by_timm_s_model(mean, task),
        "timm-mean-beside-cls": by_timm_s_model(beside_cls, task),
        "hf": hugging_face(SMALL, task),
        "hf-no-bias": hugging_face(replace(SMALL, qkv_bias=False), task),
        "timm-norm-behind-cls": computed(norm_behind_cls(), task),
    }
    arrays = {"images": images, "dlogits": dlogits}
    for case, (weights, logits, gradients) in cases.items():
        arrays[f"{case}:logits"] = logits
        arrays |= {f"{case}:weights:{name}": array for name, array in weights.items()}
        arrays |= {f"{case}:gradients:{name}": array for name, array in gradients.items()}
    return arrays


def norm_behind_cls() -> torch.nn.Module:
    """timm's model with token pooling and fc_norm=True, which has no name among our options."""
    model = timm_model(SMALL)
    model.norm, model.fc_norm = model.fc_norm, model.norm
    return model


def exports() -> dict[str, float]:
    """How far the libraries' answers are from minivit's, of the largest, for models it exported."""
    cases = {
        "hf": ("hf", {}),
        "hf, tanh": ("hf", {"gelu": "tanh", "qkv_bias": False, "eps": 1e-12}),
        "timm": ("timm", {}),
        "timm, mean": ("timm", {"pool": "mean", "norm_after_pool": True, "gelu": "tanh"}),
        "timm, mean beside cls": ("timm", {"pool": "mean", "cls_token": True, "patch": (2, 3)}),
        "google, by timm": ("google", {"gelu": "tanh"}),
    }
    readers = {"hf": by_transformers, "timm": by_timm, "google": by_timm_from_npz}
    images = np.random.default_rng(3).uniform(-1, 1, (IMAGES, *SMALL.image, SMALL.channels))
    apart = {}
    for case, (layout, changes) in cases.items():
        model = minivit.ViT(replace(SMALL, **changes), dtype="float64")
        model.parameters.flat[:] = np.random.default_rng(4).standard_normal(model.layout.size) / 3
        with tempfile.TemporaryDirectory() as folder:
            minivit.export(model, layout, Path(folder, "there"))
            theirs = readers[layout](Path(folder, "there")).double().eval()
        found, expected = answer(theirs, images).detach().numpy(), model.logits(images)
        apart[case] = np.abs(found - expected).max() / np.abs(expected).max()
    return apart


def by_transformers(folder):
    return transformers.ViTForImageClassification.from_pretrained(folder, dtype=torch.float64)


def by_timm(folder):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True)
    # It is made in float32: the weights in double are read once more.
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    model.double().load_state_dict(weights)
    return model


def by_timm_from_npz(folder):
    model = timm_model(replace(SMALL, gelu="tanh")).double()
    model.load_pretrained(str(folder / "weights.npz"))
    return model


if __name__ == "__main__":
    np.savez_compressed(FILE, **made())
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
    for case, apart in exports().items():
        print(f"exported and read by its library: {case:<24} {apart:.1e} of the largest logit")
        assert apart < 1e-10
