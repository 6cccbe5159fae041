"""Check a whole model: is `model.gradients` the gradient of the loss, tensor by tensor?

Tensor by tensor, since one big vector would hide the error of a bias. Small tensors are checked
element by element, large ones along random directions (which meet every element) and at some
elements.
"""

import copy
import hashlib

import numpy as np

from minivit import backend
from minivit.checking.bounds import ROUNDING
from minivit.checking.differences import STEP, central_gradient, central_slope, data_scale
from minivit.checking.report import RIGHT, Report, Row, compare, judge
from minivit.checking.sampling import USUAL, Excerpt, Sampling, draw
from minivit.checking.verdict import place
from minivit.models import Model
from minivit.models.images import pixel_range
from minivit.models.losses import hidden_targets, loss_backward, loss_forward
from minivit.params import NamedArrays

NEXT_TO_NOTHING = 1e-8  # beside the largest gradient on a logit
NOISE = 0.01  # on images whose equal neighbours would leave max-pooling without a gradient


@backend.unrounded
def check_model(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int = 0,
    tolerance: float = RIGHT,
    whole: int = 48,
    sampling: Sampling = USUAL,
) -> Report:
    """Compare every parameter's gradient, and the images', with central differences of the loss.

    images (B, height, width, channels), labels (B,), which are not asked where the model learns
    what is hidden. Works on a float64 copy: the model stays as it is. A head that is all 0 is drawn
    anew in the copy, as it lets no gradient through, and so is every other gate (minivit.params).
    What is random in the model is drawn from `seed`, the same in every pass. Products are not
    rounded, even where bf16 was chosen. Tensors of up to `whole` elements are checked element by
    element, of the others as much as `sampling` says. A model with max-pooling gets images with a
    little noise.

    Raises InputError for images or labels that the model can't take.
    """
    rng = np.random.default_rng(seed)
    model, drawn = float64_copy(model, rng)
    images = model.check_images(images)
    widen_range(model)
    noise = NOISE * data_scale(images, least=1.0) if model.config.has_max_pooling else 0.0
    if noise:
        images = images + noise * rng.standard_normal(images.shape)
    check = ModelCheck(model, images, labels, seed, sampling)
    name = model.config.name or f"a {model.config.family}"
    report = Report(f"gradient check of {name}: {len(images)} images")
    report.remarks += what_was_changed(drawn, noise)
    gradients = check.gradients()
    report.problems += check.problems
    if any(gradient.size > whole for gradient in gradients.values()):
        report.remarks.append(
            f"Tensors of more than {whole} elements are checked at {sampling.elements} random "
            f"elements and along {sampling.directions} random "
            f"direction{'s' * (sampling.directions != 1)}."
        )
    for name, gradient in gradients.items():
        report.rows.append(check.row(name, gradient, rng, tolerance, whole))
    return report


def what_was_changed(drawn: list[str], noise: float) -> list[str]:
    """A sentence each for gates that were drawn anew, and for the noise on the images."""
    remarks, others = [], [name for name in drawn if name != "head.w"]
    if "head.w" in drawn:
        remarks.append(
            "The head was all 0 and would let no gradient through: a random one stands in for it."
        )
    if others:
        remarks.append(
            f"{len(others)} parameters such as {others[0]} were all 0 and would let no gradient "
            "through: random ones stand in for them."
        )
    if noise:
        remarks.append(
            "Max-pooling has no gradient where neighbours are equal, as on the plain ground of a "
            f"picture: the images got noise of {noise:.2g}."
        )
    return remarks


def float64_copy(model: Model, rng: np.random.Generator) -> tuple[Model, list[str]]:
    """The same model in float64, of the same class, and which gates had to be drawn anew."""
    twin = copy.copy(model)
    twin.dtype = np.dtype(np.float64)
    twin.parameters = NamedArrays(model.layout, np.float64)
    twin.gradients = NamedArrays(model.layout, np.float64)
    twin.parameters.become(model.parameters)
    gates = [name for name, parameter in model.layout.parameters.items() if parameter.gate]
    closed = [name for name in gates if not twin.parameters[name].any()]
    for name in closed:
        gate = twin.parameters[name]
        rows = len(gate) if gate.ndim > 1 else 1
        gate[:] = rng.standard_normal(gate.shape) / np.sqrt(rows)
    return twin, closed


def widen_range(model: Model) -> None:
    """Let pixels leave the range that the model has learned: steps and noise lead out of it."""
    learned = pixel_range(model.preprocessing)
    if learned is not None:
        low, high = learned
        model.preprocessing = {"low": low - (high - low), "high": high + (high - low)}


class ModelCheck:
    """A float64 model with the images and labels at which its gradients are looked at."""

    def __init__(
        self, model: Model, images: np.ndarray, labels: np.ndarray, seed: int = 0,
        sampling: Sampling = USUAL,
    ):  # fmt: skip
        self.model, self.seed, self.sampling = model, seed, sampling
        self.images = model.check_images(images).copy()
        self.targets = labels
        if not model.config.learns_classes:  # they stay as they are while images are moved
            self.targets = hidden_targets(model, self.images, seed=seed)
        self.tensors: dict[str, np.ndarray] = {**model.parameters, "images": self.images}
        self.unit, self.size = 1.0, 1.0  # of the loss
        self.problems: list[str] = []

    def loss(self) -> tuple:
        """(loss, its cache, the model's cache)."""
        ops, c = backend.current(), self.model.config
        outputs, cache = self.model.forward(self.images, seed=self.seed)
        loss, loss_cache = loss_forward(ops, c, outputs, self.targets)
        return loss, loss_cache, cache

    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of `unit` times the loss: of all parameters and of the images.

        A model that has learned its labels has next to no gradient left. The unit brings the
        largest gradient on a logit to 1, so that there is something to compare; but it is at
        most 1e4, since it enlarges the rounding errors of the loss as well.
        """
        ops, c = backend.current(), self.model.config
        before = self.digests()
        loss, loss_cache, cache = self.loss()
        self.size = max(abs(float(loss)), 1.0)
        before = self.changed("forward", before)
        largest = float(np.abs(loss_backward(ops, c, np.float64(1), loss_cache)).max())
        self.unit = 1 / max(largest, 1e-4)
        self.model.zero_gradients()
        dlogits = loss_backward(ops, c, np.float64(self.unit), loss_cache)
        dimages = self.model.backward(dlogits, cache, want_dimages=True)
        self.changed("backward", before)
        return {**self.model.gradients, "images": dimages}

    def digests(self) -> dict[str, bytes]:
        """A hash of every tensor, which shows even what is written through a view."""
        return {
            name: hashlib.blake2b(np.ascontiguousarray(tensor).data).digest()
            for name, tensor in self.tensors.items()
        }

    def changed(self, direction: str, before: dict[str, bytes]) -> dict[str, bytes]:
        """A problem for each tensor that is no longer what it was; returns the digests of now."""
        now = self.digests()
        for name in now:
            if now[name] != before[name]:
                self.problems.append(
                    f"{name} was changed during the {direction}: the gradient belongs neither to "
                    "the old numbers nor to the new ones; change parameters after the backward"
                )
        return now

    def row(
        self,
        name: str,
        gradient: np.ndarray,
        rng: np.random.Generator,
        tolerance: float,
        whole: int,
    ) -> Row:
        """The verdict on one tensor; up to `whole` elements, every one is looked at."""
        sampled = gradient.size > whole
        excerpt = draw(gradient, rng, self.sampling) if sampled else Excerpt(gradient, None, [])
        former = None
        for step in (STEP, 0.1 * STEP):  # the second where the first was too long
            numeric = self.measure(name, excerpt, step)
            rounding = self.rounding(step, numeric, former)
            absolute, relative = compare(numeric, excerpt.given, rounding)
            if relative <= tolerance:
                break
            former = numeric
        verdict = judge(relative, tolerance)
        if verdict != "wrong":
            return Row(name, gradient.shape, absolute, relative, verdict)
        from minivit.checking.diagnosis.inquiry import of_one

        cause = of_one(excerpt.given, numeric)
        note = cause.sentence if cause else "" if sampled else worst_one(excerpt.given, numeric)
        return Row(name, gradient.shape, absolute, relative, verdict, note, cause)

    def rounding(self, step: float, numeric: np.ndarray, former: np.ndarray | None) -> float:
        """How far rounding may have put `numeric` off; `former`: the same with another step.

        Where two steps disagree by next to nothing, that is rounding as well.
        """
        bound = ROUNDING * self.size * self.unit / step
        if former is None or not numeric.size:
            return bound
        apart = float(np.abs(numeric - former).max())
        return max(bound, apart) if apart <= NEXT_TO_NOTHING else bound

    def measure(self, name: str, excerpt: Excerpt, step: float) -> np.ndarray:
        """What `excerpt.given` should be, by central differences of the loss."""
        tensor = self.tensors[name]
        start = tensor.copy()
        step *= data_scale(start, least=1.0)  # the network's own scale: biases may all be tiny

        def loss(moved: np.ndarray) -> np.ndarray:
            tensor[:] = moved
            return self.loss()[0]

        numeric = central_gradient(loss, start, self.unit, step, excerpt.indices)
        along = [central_slope(loss, start, self.unit, step, d) for d in excerpt.directions]
        tensor[:] = start
        return np.append(numeric, along) if along else numeric


def worst_one(given: np.ndarray, true: np.ndarray) -> str:
    """The element that is furthest off."""
    index = np.unravel_index(np.abs(given - true).argmax(), given.shape)
    return f"it is {given[index]:.6g}{place(index)} and should be {true[index]:.6g}"
