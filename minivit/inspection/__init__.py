"""What can be read off a model, as plain arrays; minivit.figures draws them.

    recording.py          a forward that keeps only the arrays that are asked for, by name
    attention.py          attention[b, l, h, q, k]: all of it, and what the head's token gives
    rollout.py            attention multiplied over the layers; the same, weighed by gradients
    attention_measures.py how far heads look, how evenly, and how much goes to cls
    positions.py          the positions that a model has, and how alike they are
    filters.py            principal components of the first filters
    structure.py          how much order there is in positions and filters, as numbers
    layer_maps.py         what every layer makes of an image, as a map over its places
    biases.py             translation equivariance, invariance and locality, as numbers
    gradients.py          the gradient of a logit by the pixels; integrated gradients
    occlusion.py          what a logit loses when a patch is covered
    lens.py               what the head would say of the tokens at every depth

All of it holds for any ViT: with and without a cls token, for grids that are not square, for any
channels, and for other people's checkpoints; and for a ResNet, what needs no attention. Where
something does not exist (positions that no model has), an InputError says so.
"""

from minivit.inspection.attention import (
    attention_batches,
    attention_maps,
    cls_attention,
)
from minivit.inspection.attention_measures import (
    HeadMeasures,
    attention_entropy,
    cls_share,
    head_measures,
    mean_attention_distance,
    patch_distances,
    patch_step,
)
from minivit.inspection.biases import (
    change_shares,
    equivariance_error,
    invariance_error,
    pixel_distances,
)
from minivit.inspection.filters import Filters, embedding_filters, first_filters, principal_filters
from minivit.inspection.gradients import (
    baseline,
    integrated_gradients,
    saliency,
    saliency_map,
    usual_baseline,
)
from minivit.inspection.layer_maps import layer_maps, layer_places
from minivit.inspection.lens import lens_accuracy, lens_places, logit_lens
from minivit.inspection.occlusion import occlusion, over_patches
from minivit.inspection.positions import position_similarity, position_tables, similarity
from minivit.inspection.recording import recorded
from minivit.inspection.rollout import (
    gradient_weighted,
    gradient_weighted_map,
    rollout,
    rollout_map,
)
from minivit.inspection.structure import chance_share, nearness, row_column_share, smoothness

__all__ = [
    "Filters",
    "HeadMeasures",
    "attention_batches",
    "attention_entropy",
    "attention_maps",
    "baseline",
    "chance_share",
    "change_shares",
    "cls_attention",
    "cls_share",
    "embedding_filters",
    "equivariance_error",
    "first_filters",
    "gradient_weighted",
    "gradient_weighted_map",
    "head_measures",
    "integrated_gradients",
    "invariance_error",
    "layer_maps",
    "layer_places",
    "lens_accuracy",
    "lens_places",
    "logit_lens",
    "mean_attention_distance",
    "nearness",
    "occlusion",
    "over_patches",
    "patch_distances",
    "patch_step",
    "pixel_distances",
    "position_similarity",
    "position_tables",
    "principal_filters",
    "recorded",
    "rollout",
    "rollout_map",
    "row_column_share",
    "saliency",
    "saliency_map",
    "similarity",
    "smoothness",
    "usual_baseline",
]
