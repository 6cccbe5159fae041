"""The Vision Transformers of timm and of Hugging Face's transformers, which are PyTorch's."""

import tempfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from minivit.models import ViTConfig

from .computed import Computed, Task, drawn


def timm_model(c: ViTConfig) -> torch.nn.Module:
    """timm's model of this configuration, at its defaults where it says nothing else."""
    import timm

    return timm.models.VisionTransformer(
        img_size=c.image, patch_size=c.patch, in_chans=c.channels, embed_dim=c.width,
        depth=c.depth, num_heads=c.heads, mlp_ratio=c.mlp / c.width, num_classes=c.classes,
        qkv_bias=c.qkv_bias, class_token=c.has_cls,
        global_pool={"cls": "token", "mean": "avg"}[c.pool], fc_norm=c.norm_after_pool,
        act_layer={"erf": "gelu", "tanh": "gelu_tanh"}[c.gelu],
    )  # fmt: skip


def hugging_face_model(c: ViTConfig) -> torch.nn.Module:
    """The classifier of transformers of this (square) configuration, with its own eps."""
    import transformers

    return transformers.ViTForImageClassification(
        transformers.ViTConfig(
            image_size=c.image[0], patch_size=c.patch[0], num_channels=c.channels,
            hidden_size=c.width, num_hidden_layers=c.depth, num_attention_heads=c.heads,
            intermediate_size=c.mlp, num_labels=c.classes, qkv_bias=c.qkv_bias,
        )
    )  # fmt: skip


def timm(c: ViTConfig, task: Task) -> Computed:
    """By timm's names."""
    return computed(timm_model(c), task)


def hugging_face(c: ViTConfig, task: Task) -> Computed:
    """By the names of the files: in memory, transformers has others."""
    model = hugging_face_model(c)
    found = computed(model, task)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        on_disk = safetensors.torch.load_file(Path(folder, "model.safetensors"))
    names = {weight.tobytes(): name for name, weight in found.weights.items()}
    named = {name: names[array.numpy().tobytes()] for name, array in on_disk.items()}
    return Computed(
        {name: found.weights[inside] for name, inside in named.items()},
        found.logits,
        {name: found.gradients[inside] for name, inside in named.items()},
    )


def computed(model: torch.nn.Module, task: Task) -> Computed:
    """What a model computes, by the names of its parameters."""
    model = model.double().eval()
    for name, weight in model.named_parameters():
        weight.data = torch.from_numpy(drawn(task, name, weight.shape))
    logits = answer(model, task.images)
    (logits * torch.from_numpy(task.dlogits)).sum().backward()
    parameters = dict(model.named_parameters())
    return Computed(
        {name: p.detach().numpy() for name, p in parameters.items()},
        logits.detach().numpy(),
        {name: p.grad.numpy() for name, p in parameters.items()},
    )


def answer(model: torch.nn.Module, images: np.ndarray) -> torch.Tensor:
    """images (B, height, width, channels) -> logits (B, C)."""
    found = model(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    return getattr(found, "logits", found)
