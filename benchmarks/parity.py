"""Does minivit compute what the libraries compute, whose checkpoints it reads? Live, at ViT-B/16.

Each library that is installed here gets a model of its own with drawn weights, and says its logits
and their gradients in float64; minivit loads the weights as that library's file, in float64 and in
float32, and must say the same. The tests ask the same of small models, with stored answers.
"""

import tempfile
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from minivit import backend
from minivit.errors import InputError
from minivit.models import ViTConfig, variant

from .computed import Computed, Task
from .options import Options, progress
from .rows import row, show

# By the name of the layout: the packages it needs, the file and the function that computes.
LIBRARIES = {
    "google": (("jax", "flax"), "google_vit", "google"),
    "timm": (("torch", "timm"), "torch_libraries", "timm"),
    "hf": (("torch", "transformers"), "torch_libraries", "hugging_face"),
}
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}  # of the largest number
LEAST = 1e-2  # of the largest gradient: what is smaller is compared with that
SMALL = ViTConfig((6, 6), 3, (2, 2), 8, 2, 2, 12, 3)
Compute = Callable[[ViTConfig, Task], Computed]
COLUMNS = {"layout": "case", "backend": "side", "dtype": "dtype", "what": "what", "apart": "ours",
           "allowed": "allowed", "verdict": "verdict", "where": "where"}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """Rows for each library that is installed; InputError where none is."""
    found = {name: how for name, how in LIBRARIES.items() if all(map(find_spec, how[0]))}
    if not found:
        needed = "; ".join(f"{n} needs {' and '.join(how[0])}" for n, how in LIBRARIES.items())
        raise InputError(f"no library is installed to compare with: {needed}")
    config = SMALL if options.tiny else variant("B/16")
    rows = []
    for name, (_, file, function) in found.items():
        progress(f"parity: {config.name or 'small'}, {name}")
        compute = getattr(import_module(f".{file}", __package__), function)
        rows += compared(name, compute, config)
    return rows


def compared(name: str, compute: Compute, c: ViTConfig) -> list[dict]:
    """Rows of one library: how far minivit is from its logits and gradients, of the largest."""
    rng = np.random.default_rng(15)
    images = rng.uniform(-1, 1, (1, *c.image, c.channels))
    dlogits = rng.standard_normal((1, c.classes))
    theirs = compute(c, Task(images, dlogits, rng, spread=0.85 / np.sqrt(c.width)))
    rows = []
    for dtype, allowed in TOLERANCE.items():
        ours = answer(name, theirs.weights, images, dlogits, np.dtype(dtype), c.heads)
        logits = distance(ours.logits, theirs.logits)
        gradient, where = furthest(ours.gradients, theirs.gradients)
        for what, apart, place in (("logits", logits, ""), ("gradients", gradient, where)):
            verdict = "right" if apart <= allowed else "wrong"
            rows.append(row("parity", name, backend.name(), apart, "of the largest", dtype=dtype,
                            what=what, allowed=allowed, verdict=verdict, where=place))  # fmt: skip
    return rows


def answer(
    name: str, weights: dict[str, np.ndarray], images: np.ndarray, dlogits: np.ndarray,
    dtype: np.dtype, heads: int,
) -> Computed:  # fmt: skip
    """What minivit computes with a file of these weights, gradients under the library's names."""
    from minivit.checkpoints import load
    from minivit.checkpoints.foreign.layouts import FAMILIES
    from minivit.checkpoints.foreign.table import written

    with tempfile.TemporaryDirectory() as folder:
        save(name, {key: array.astype(dtype) for key, array in weights.items()}, Path(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of 1000 classes without names: they don't matter here
            model = load(folder, heads=heads)
    logits, cache = model.forward(images.astype(dtype))
    model.backward(dlogits.astype(dtype), cache)
    gradients = written(FAMILIES[name].rows(model.config), model.config, model.gradients)
    return Computed(weights, logits, gradients)


def save(name: str, weights: dict[str, np.ndarray], folder: Path) -> None:
    """A checkpoint as the library writes it, without a file beside it."""
    if name == "google":
        np.savez(folder / "weights.npz", **weights)
    else:
        from safetensors.numpy import save_file

        save_file({key: np.ascontiguousarray(array) for key, array in weights.items()},
                  folder / "model.safetensors")  # fmt: skip


def distance(ours: np.ndarray, theirs: np.ndarray, least: float = 0.0) -> float:
    """The largest difference, of the largest number or of `least`."""
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), least))


def furthest(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> tuple[float, str]:
    """How far the worst gradient is, and its name; that of a key's bias is 0, so not of itself."""
    from minivit.checkpoints.foreign.layouts import family_of

    _, theirs = family_of(theirs)  # under the names of the table
    assert set(ours) == set(theirs)
    least = LEAST * max(np.abs(gradient).max() for gradient in theirs.values())
    return max((distance(ours[name], theirs[name], least), name) for name in theirs)


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    missing = sorted(set(LIBRARIES) - {r["case"] for r in rows})
    left = f" Not installed here: what {' and '.join(missing)} needs." if missing else ""
    return (
        f"{show(rows, COLUMNS)}\n\nOne image, random weights; apart: the largest difference, of "
        f"the largest number. The libraries compute in float64.{left}"
    )
