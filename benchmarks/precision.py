"""What bf16 changes in logits and gradients, and which of its roundings change it.

The reference is float64: NumPy's ops on the same weights and images. Against it stand float32, bf16
by the processor's instruction, bf16 as NumPy defines it (minivit.ops.product), and bf16 of which
only some numbers are rounded: by the product they go into, and by what they are.
"""

import numpy as np

from minivit import ViT, backend
from minivit.models.losses import loss_backward, loss_forward
from minivit.ops.product import LONG

from .configurations import Case
from .model_figures import chosen_cases
from .model_sides import synthetic
from .options import Options, progress, why_no_kernels
from .roundings import PARTS, rounding_only
from .rows import row, show

# A batch of B/16 takes NumPy's float64 ten seconds, so batches are cut.
IMAGES = 32
COLUMNS = {
    "configuration": "configuration", "images": "images", "rounded": "side",
    "logits": "logits", "same class %": "same_class", "gradient": "ours",
    "1 - cosine": "turned", "worst gradient": "worst", "of parameter": "worst_parameter",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each model and each way to compute."""
    return [row for case in chosen_cases(options) for row in of_model(case)]


def of_model(case: Case) -> list[dict]:
    """One model in float64, and what all others make of the same weights and images."""
    images, labels = (array[:IMAGES] for array in synthetic(case))
    model = ViT(case.config, seed=0, zero_head=False)
    twin = ViT(case.config, dtype="float64")
    twin.parameters.flat[:] = model.parameters.flat
    progress(f"precision: {case.name}, float64")
    with backend.use("numpy"):
        exact = computed(twin, images, labels)
    rows = []
    for name, way in ways(case).items():
        progress(f"precision: {case.name}, {name}")
        with way():
            rows.append(compared(case, name, computed(model, images, labels), exact, twin))
    return rows


def ways(case: Case) -> dict:
    """How logits and gradients are computed: a name, and what to enter before."""
    found = {"nothing: float32": lambda: backend.use("numpy")}
    instruction = instruction_here()
    if instruction:
        found[f"all, by {instruction}"] = lambda: backend.use("numba", precision="bf16")
    found["all, by NumPy"] = lambda: backend.use("numpy", precision="bf16")
    few = case.config.tokens < LONG
    for name, part in PARTS.items():
        if not (few and name == "attention's products"):  # of few tokens, which bf16 leaves alone
            found[f"only {name}"] = lambda part=part: rounding_only(part)
    return found


def instruction_here() -> str | None:
    """What the kernels multiply bf16 by; None without kernels or without an instruction."""
    if why_no_kernels():
        return None
    from minivit.kernels.product.bf16.instructions import instruction

    return instruction()


def computed(model: ViT, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits (B, C), and all gradients of the loss in one vector, of the model's own arrays."""
    ops, c = backend.current(), model.config
    logits, cache = model.forward(images)
    _, loss_cache = loss_forward(ops, c, logits, labels)
    model.zero_gradients()
    model.backward(
        loss_backward(ops, c, logits.dtype.type(1), loss_cache), cache, free_cache=True
    )  # fmt: skip
    return logits, model.gradients.flat


def compared(case: Case, name: str, found: tuple, exact: tuple, twin: ViT) -> dict:
    """How far from float64: in units of the logits' spread, and of the gradient's length."""
    (logits, gradient), (right_logits, right) = found, exact
    gradient = gradient.astype(np.float64)
    errors = parameter_errors(gradient, twin)
    worst = max(errors, key=errors.get)
    lengths = np.linalg.norm(gradient) * np.linalg.norm(right)
    return row(
        "precision", case.name, name, relative(gradient, right), "relative error",
        configuration=case.name, images=len(logits),
        logits=float(np.sqrt(np.mean((logits - right_logits) ** 2)) / right_logits.std()),
        same_class=float(np.mean(logits.argmax(-1) == right_logits.argmax(-1))),
        turned=max(0.0, float(1 - gradient @ right / lengths)),
        worst=errors[worst], worst_parameter=worst,
    )  # fmt: skip


def parameter_errors(gradient: np.ndarray, twin: ViT) -> dict[str, float]:
    """The relative error of each parameter's gradient; `twin` has the exact ones."""
    offsets = twin.layout.offsets
    return {
        name: relative(gradient[offsets[name] :][: right.size], right.reshape(-1))
        for name, right in twin.gradients.items()
    }


def relative(found: np.ndarray, right: np.ndarray) -> float:
    """The length of the error beside the length of what is right."""
    return float(np.linalg.norm(found - right) / max(np.linalg.norm(right), 1e-30))


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    return (
        f"{show(rows, COLUMNS)}\n\nAgainst NumPy's ops in float64 with the same weights, drawn and "
        "not trained, and the same images.\nlogits: root mean square of the error, beside the "
        "logits' standard deviation. gradient: length of\nthe error beside the gradient's length; "
        "1 - cosine of the angle between the two; worst: of one\nparameter's gradient. rounded: "
        "what is rounded to bfloat16, all else is float32; w, x and dy are\nthose of the linear "
        f"maps. Attention's products are rounded from {LONG} tokens on.\nBatches are cut to "
        f"{IMAGES} images."
    )
