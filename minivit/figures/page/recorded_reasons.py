"""Why a class: the page's seven maps, and curves of deletion, as minivit finds them.

A page without weights can't ask its model, so it is told what came of it. (views/runs.js finds the
same in a page with weights.)
"""

import numpy as np

from minivit import inspection
from minivit.inspection.occlusion import covered
from minivit.inspection.rollout import read_by_head, to_patches
from minivit.models import ViT
from minivit.ops import softmax_forward

NODES = 32  # of integrated gradients' line, as in views/runs.js
POINTS = 14  # of a curve, behind its first, where a model has twice as many patches or more


def recorded_reasons(
    model: ViT, image: np.ndarray, target: int
) -> tuple[dict, dict[str, np.ndarray]]:
    """What is told of the maps, and by their names the maps (N,) and their curves."""
    images, targets = image[None], np.array([target])
    x0 = inspection.baseline(model, images)
    line = inspection.integrated_gradients(model, images, targets, x0, NODES)
    nothing = np.broadcast_to(x0, images.shape)
    scores = model.logits(np.concatenate([images, nothing]))[:, target]
    maps = maps_of(model, images, targets, x0, line)
    patches = model.config.patches
    points = patches if patches < 2 * POINTS else POINTS
    counts = np.linspace(0, patches, points + 1).round().astype(int)
    curves = {name: deletion(model, image, nothing[0], target, found, counts)
              for name, found in maps.items()}  # fmt: skip
    told = {
        "sum": float(line.sum(dtype=np.float64)),
        "difference": float(scores[0]) - float(scores[1]),
        "counts": counts.tolist(),
        "maps": list(maps),
    }
    return told, maps | {f"{name}.curve": curve for name, curve in curves.items()}


def maps_of(model: ViT, images, targets, x0, line) -> dict[str, np.ndarray]:
    """The seven maps by the page's names, (N,) each; without blocks, those without attention."""
    c, maps = model.config, {}
    if c.depth:
        last = inspection.attention_maps(model, images)[:, -1].mean(axis=1)
        maps["attention"] = to_patches(last, read_by_head(model, images), c)
        maps["rollout"] = inspection.rollout_map(model, images)
        maps["weighted"] = inspection.gradient_weighted_map(model, images, targets)
    gradient = inspection.saliency(model, images, targets)
    pixels = {"saliency": np.abs(gradient), "gradient_input": gradient * (images - x0),
              "integrated": line}  # fmt: skip
    maps |= {key: inspection.over_patches(a.sum(axis=-1), c) for key, a in pixels.items()}
    maps["occlusion"] = inspection.occlusion(model, images, targets, x0)
    return {key: found.ravel() for key, found in maps.items()}


def deletion(model: ViT, image, nothing, target: int, importance, counts) -> np.ndarray:
    """The class's probability while so many patches are covered, the most important first."""
    hidden, steps = image, {0: image}
    for count, patch in enumerate(np.argsort(-importance, kind="stable"), start=1):
        hidden = covered(hidden, nothing, int(patch), model.config)
        if count in counts:
            steps[count] = hidden
    logits = model.logits(np.stack([*steps.values()]))
    return softmax_forward(logits.astype(np.float64))[0][:, target]
