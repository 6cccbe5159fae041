"""Makes foreign_parity.npz: what the reference implementations compute, in float64.

    PYTHONPATH=. python tests/checkpoints/foreign_parity.py

Needs jax, flax, torch, timm and transformers. Of each small model with random weights the file
holds the weights under the names of its library, the logits of a few images, and the gradient of a
random combination of the logits by every weight. test_foreign_parity.py reads the weights with
minivit. Google's model is written here of Flax's own layers, after models_vit.py. Then models of
minivit are exported, and the libraries themselves read them.
"""

import tempfile
from pathlib import Path

import flax.linen as nn
import jax
import numpy as np
import safetensors.torch
import timm
import torch
import transformers

import minivit

jax.config.update("jax_enable_x64", True)
FILE = Path(__file__).with_suffix(".npz")
SIDE, PATCH, WIDTH, DEPTH, HEADS, MLP, CLASSES, IMAGES = 6, 2, 8, 2, 2, 12, 3, 2


class Block(nn.Module):
    """An encoder block of Google's, under the names of today's Flax."""

    @nn.compact
    def __call__(self, x):
        y = nn.LayerNorm(name="LayerNorm_0")(x)
        y = nn.MultiHeadDotProductAttention(
            HEADS, deterministic=True, name="MultiHeadDotProductAttention_0"
        )(y, y)
        x = x + y
        return x + Mlp(name="MlpBlock_0")(nn.LayerNorm(name="LayerNorm_1")(x))


class Mlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(WIDTH, name="Dense_1")(nn.gelu(nn.Dense(MLP, name="Dense_0")(x)))


class Positions(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.param("pos_embedding", nn.initializers.normal(), (1, *x.shape[1:]))


class Transformer(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Positions(name="posembed_input")(x)
        for i in range(DEPTH):
            x = Block(name=f"encoderblock_{i}")(x)
        return nn.LayerNorm(name="encoder_norm")(x)


class Google(nn.Module):
    cls: bool
    hidden: int | None

    @nn.compact
    def __call__(self, images):
        x = nn.Conv(WIDTH, (PATCH, PATCH), (PATCH, PATCH), "VALID", name="embedding")(images)
        x = x.reshape(len(x), -1, WIDTH)
        if self.cls:
            cls = self.param("cls", nn.initializers.zeros, (1, 1, WIDTH))
            x = jax.numpy.concatenate([jax.numpy.tile(cls, (len(x), 1, 1)), x], axis=1)
        x = Transformer(name="Transformer")(x)
        x = x[:, 0] if self.cls else x.mean(axis=1)
        if self.hidden:
            x = nn.tanh(nn.Dense(self.hidden, name="pre_logits")(x))
        return nn.Dense(CLASSES, name="head")(x)


def google(images, dlogits, rng, **options):
    """Weights, logits and gradients by the paths of the names."""
    model = Google(**options)
    shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), images))["params"]
    leaves, tree = jax.tree_util.tree_flatten_with_path(shapes)
    names = ["/".join(key.key for key in path) for path, _ in leaves]
    weights = [drawn(rng, name, leaf.shape) for name, (_, leaf) in zip(names, leaves, strict=True)]

    def apply(weights):
        return model.apply({"params": jax.tree_util.tree_unflatten(tree, weights)}, images)

    gradients = jax.grad(lambda w: (apply(w) * dlogits).sum())(weights)
    return (dict(zip(names, weights, strict=True)), np.asarray(apply(weights)),
            dict(zip(names, map(np.asarray, gradients), strict=True)))  # fmt: skip


def drawn(rng, name, shape):
    """Random weights, LayerNorm's around 1."""
    is_gamma = name.endswith("scale") or ("norm" in name and name.endswith("weight"))
    return is_gamma + 0.3 * rng.standard_normal(shape)


def pytorch(model, images, dlogits, rng):
    model = model.double().eval()
    for name, weight in model.named_parameters():
        weight.data = torch.from_numpy(drawn(rng, name, weight.shape))
    logits = answer(model, images)
    (logits * torch.from_numpy(dlogits)).sum().backward()
    gradients = {id(p): p.grad.numpy() for p in model.parameters()}
    saved = model.state_dict(keep_vars=True)
    if isinstance(model, transformers.PreTrainedModel):  # the names on the disk
        with tempfile.TemporaryDirectory() as folder:
            saved = renamed(model, saved, Path(folder))
    return ({name: p.detach().numpy() for name, p in saved.items()}, logits.detach().numpy(),
            {name: gradients[id(p)] for name, p in saved.items()})  # fmt: skip


def renamed(model, saved, folder):
    """The parameters under the names that save_pretrained writes."""
    model.save_pretrained(folder)
    on_disk = safetensors.torch.load_file(folder / "model.safetensors")
    by_values = {p.detach().numpy().tobytes(): p for p in saved.values()}
    return {name: by_values[array.numpy().tobytes()] for name, array in on_disk.items()}


def answer(model, images):
    found = model(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    return getattr(found, "logits", found)


def timm_model(**options):
    return timm.models.VisionTransformer(
        img_size=SIDE, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
        mlp_ratio=MLP / WIDTH, num_classes=CLASSES, **options,
    )  # fmt: skip


def hugging_face_config(**options):
    return transformers.ViTConfig(
        image_size=SIDE, patch_size=PATCH, hidden_size=WIDTH, num_hidden_layers=DEPTH,
        num_attention_heads=HEADS, intermediate_size=MLP, num_labels=CLASSES, **options,
    )  # fmt: skip


def made() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(15)
    images = rng.uniform(-1, 1, (IMAGES, SIDE, SIDE, 3))
    dlogits = rng.standard_normal((IMAGES, CLASSES))
    inputs = images, dlogits, rng
    classifier = transformers.ViTForImageClassification
    cases = {
        "google": google(*inputs, cls=True, hidden=None),
        "google-pre-logits": google(*inputs, cls=True, hidden=5),
        "google-mean": google(*inputs, cls=False, hidden=None),
        "timm": pytorch(timm_model(), *inputs),
        "timm-mean": pytorch(timm_model(global_pool="avg", class_token=False), *inputs),
        "timm-mean-beside-cls": pytorch(timm_model(global_pool="avg", qkv_bias=False), *inputs),
        "hf": pytorch(classifier(hugging_face_config()), *inputs),
        "hf-no-bias": pytorch(classifier(hugging_face_config(qkv_bias=False)), *inputs),
    }
    arrays = {"images": images, "dlogits": dlogits}
    for case, (weights, logits, gradients) in cases.items():
        arrays[f"{case}:logits"] = logits
        arrays |= {f"{case}:weights:{name}": array for name, array in weights.items()}
        arrays |= {f"{case}:gradients:{name}": array for name, array in gradients.items()}
    return arrays


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
    images, apart = np.random.default_rng(3).uniform(-1, 1, (IMAGES, SIDE, SIDE, 3)), {}
    for case, (layout, changes) in cases.items():
        sizes = {"image": SIDE, "channels": 3, "patch": PATCH, "width": WIDTH, "depth": DEPTH,
                 "heads": HEADS, "mlp": MLP, "classes": CLASSES}  # fmt: skip
        model = minivit.ViT(minivit.ViTConfig(**(sizes | changes)), dtype="float64")
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
    model = timm_model(act_layer="gelu_tanh").double()
    model.load_pretrained(str(folder / "weights.npz"))
    return model


if __name__ == "__main__":
    np.savez_compressed(FILE, **made())
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
    for case, apart in exports().items():
        print(f"exported and read by its library: {case:<24} {apart:.1e} of the largest logit")
        assert apart < 1e-10
