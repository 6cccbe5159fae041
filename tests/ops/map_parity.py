"""Makes map_parity.npz: what the libraries' ops on feature maps compute, in float64.

    PYTHONPATH=. python tests/ops/map_parity.py

Needs jax, flax, torch and timm. Of each case of test_map_parity.py the file holds random inputs,
the result y, a random dy, and the gradient of sum(dy y) by every input: of convolutions, pooling
and GroupNorm from JAX and Flax, of BatchNorm from PyTorch, of standardised convolutions from timm.
"""

from pathlib import Path

import flax.linen
import jax
import numpy as np
import timm.layers
import torch

FILE = Path(__file__).with_suffix(".npz")
SHAPES = {
    "3x3": ((2, 6, 5, 3), (3, 3, 3, 4), (4,)),
    "3x3, stride 2": ((2, 6, 8, 3), (3, 3, 3, 4)),
    "7x7, stride 2": ((2, 8, 10, 3), (7, 7, 3, 4)),
    "2x2": ((2, 5, 4, 3), (2, 2, 3, 4)),
    "1x1, stride 2": ((2, 6, 5, 3), (1, 1, 3, 4), (4,)),
    "3x2, valid, stride 2x1": ((2, 8, 5, 3), (3, 2, 3, 4)),
    "depthwise 3x3, stride 2": ((2, 6, 8, 5), (3, 3, 5), (5,)),
    "depthwise 5x5, valid": ((2, 6, 7, 5), (5, 5, 5)),
    "max 3x3, stride 2": ((2, 6, 8, 3),),
    "max 2x3, valid": ((2, 6, 5, 3),),
    "groups": ((2, 4, 5, 6), (6,), (6,)),
    "batch": ((3, 4, 5, 6), (6,), (6,)),
    "standardised": ((2, 6, 8, 3), (3, 3, 3, 4)),
}
STRIDES = {"stride 2x1": (2, 1), "stride 2": (2, 2)}


def by_jax(name: str):
    """The case as a function of its inputs."""
    padding = "VALID" if "valid" in name else "SAME"
    strides = next((s for words, s in STRIDES.items() if words in name), (1, 1))
    if name == "groups":
        norm = flax.linen.GroupNorm(num_groups=3, epsilon=1e-6, param_dtype=np.float64)
        return lambda x, gamma, beta: norm.apply({"params": {"scale": gamma, "bias": beta}}, x)
    if name.startswith("max"):
        side = (2, 3) if "2x3" in name else (3, 3)
        return lambda x: flax.linen.max_pool(x, side, strides=strides, padding=padding)

    def convolution(x, w, b=0.0):
        groups = x.shape[3] if w.ndim == 3 else 1
        filters = w[:, :, None] if w.ndim == 3 else w
        return b + jax.lax.conv_general_dilated(
            x, filters, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=groups,
        )  # fmt: skip

    return convolution


def from_jax(name: str, inputs, rng):
    """y, dy, and the gradients."""
    y, pull_back = jax.vjp(by_jax(name), *inputs)
    dy = rng.standard_normal(y.shape)
    return np.asarray(y), dy, [np.asarray(gradient) for gradient in pull_back(dy)]


def maps(x: np.ndarray) -> torch.Tensor:
    """(B, height, width, channels) -> (B, channels, height, width), the leaf of a gradient."""
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).requires_grad_()


def last(x: torch.Tensor) -> np.ndarray:
    return x.detach().numpy().transpose(0, 2, 3, 1)


def batchnorm(inputs, rng):
    """y, dy, gradients, and what two batches and a third, after training, leave."""
    x, norm = maps(inputs[0]), torch.nn.BatchNorm2d(inputs[1].size, dtype=torch.float64)
    for parameter, value in zip((norm.weight, norm.bias), inputs[1:], strict=True):
        parameter.data = torch.from_numpy(value)
    y = norm(x)
    dy = rng.standard_normal(last(y).shape)
    y.backward(torch.from_numpy(dy.transpose(0, 3, 1, 2).copy()))
    norm(2 * x + 1)
    norm.eval()
    more = {
        "running mean": norm.running_mean.numpy(),
        "running var": norm.running_var.numpy(),
        "y after training": last(norm(x)),
    }
    return last(y), dy, [last(x.grad), norm.weight.grad.numpy(), norm.bias.grad.numpy()], more


def standardised(inputs, rng):
    """y, dy and gradients of a convolution with standardised filters."""
    x, w = maps(inputs[0]), inputs[1]
    layer = timm.layers.StdConv2dSame(3, 4, 3, stride=2, bias=False, eps=1e-10).double()
    layer.weight.data = torch.from_numpy(w.transpose(3, 2, 0, 1).copy())
    y = layer(x)
    dy = rng.standard_normal(last(y).shape)
    y.backward(torch.from_numpy(dy.transpose(0, 3, 1, 2).copy()))
    return last(y), dy, [last(x.grad), layer.weight.grad.numpy().transpose(2, 3, 1, 0)]


def made() -> dict[str, np.ndarray]:
    rng, arrays = np.random.default_rng(16), {}
    for name, shapes in SHAPES.items():
        inputs, more = [rng.standard_normal(shape) for shape in shapes], {}
        if name == "batch":
            y, dy, gradients, more = batchnorm(inputs, rng)
        elif name == "standardised":
            y, dy, gradients = standardised(inputs, rng)
        else:
            y, dy, gradients = from_jax(name, inputs, rng)
        named = {"y": y, "dy": dy} | more
        named |= {f"input:{i}": array for i, array in enumerate(inputs)}
        named |= {f"gradient:{i}": array for i, array in enumerate(gradients)}
        arrays |= {f"{name}:{what}": array for what, array in named.items()}
    return arrays


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    np.savez_compressed(FILE, **made())
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
