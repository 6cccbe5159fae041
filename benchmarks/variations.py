"""What each option of the model costs: a training step of cifar with it, against the plain one.

The two take turns in one process, on the kernels, and the medians are compared. To time another
option, add a line to VARIATIONS.
"""

from dataclasses import replace

from minivit.fields import in_words

from .configurations import CASES, TINY, Case
from .model_sides import EngineSide
from .options import Options, need_kernels, progress
from .rows import row, show
from .timing import alternate

VARIATIONS = (  # what is changed in the configuration
    {"positions": "none"},
    {"positions_at": "every-layer"},
    {"positions_at": "every-layer-shared"},
    {"positions": "learned-2d"},
    {"positions": "learned-2d", "positions_at": "every-layer"},
    {"positions": "relative"},
    {"positions": "relative", "positions_at": "every-layer-shared"},
    {"positions": "sincos"},
    {"positions": "sincos-2d"},
    {"positions": "sincos-2d-mae", "positions_at": "every-layer"},
    {"pool": "mean"},
    {"pool": "mean", "cls_token": True},
    {"pool": "mean", "norm_after_pool": True},
    {"pool": "sequence"},
    {"pool": "flatten"},
    {"pre_logits": 192},
    {"stride": 2},
    {"patch_norm": True},
    {"top_k": 4},
    {"window": 3},
    {"axial": True},
    {"qkv_bias": False},
    {"head_width": 32},
    {"heads": 1},
    {"heads": 1, "out_projection": False},
    {"dropout": 0.1},
    {"attention_dropout": 0.1},
    {"stochastic_depth": 0.2},
    {"gelu": "tanh"},
    {"root": 8, "root_side": 3, "root_stride": 1, "root_pool": False, "groups": 4},
    {"root": 8, "root_side": 3, "root_stride": 1, "root_pool": False, "groups": 4, "stages": (1,)},
    {"root": 8, "root_side": 3, "root_stride": 1, "root_pool": False, "norm": "batch"},
    {"root": 8, "root_side": 3, "root_stride": 1, "root_pool": False, "groups": 4, "stages": (1,),
     "unit": "plain"},
    {"objective": "masked-patches"},
    {"objective": "masked-patches", "masked": 0.25},
    {"objective": "mae"},
    {"objective": "mae", "decoder_width": 96, "decoder_depth": 2, "normalised_pixels": True},
)  # fmt: skip
COLUMNS = {
    "option": "case", "ms": "ours", "plain ms": "theirs", "times plain": "times_plain",
    "FLOPs, times plain": "flops_times_plain",
}  # fmt: skip
SECONDS = 6.0  # for an option and the plain model together


class TrainedSide(EngineSide):
    """As in training, every step has a seed: what is left to chance is drawn."""

    steps = 0

    def forward(self):
        self.steps += 1
        return self.model.forward(self.images, seed=self.steps)


def measure(options: Options) -> list[dict]:
    """A row for each of VARIATIONS."""
    need_kernels()
    plain = CASES["cifar"]
    if options.tiny:
        plain = replace(TINY, config=replace(TINY.config, depth=2))  # that stochastic depth needs
    return [variation(plain, changes, options) for changes in VARIATIONS]


def variation(plain: Case, changes: dict, options: Options) -> dict:
    """One option against the plain model, in turns."""
    case = Case(replace(plain.config, **changes), plain.batch)
    words = ", ".join(f"{name.replace('_', ' ')} {in_words(v)}" for name, v in changes.items())
    progress(f"variations: {words}")
    sides = {"option": TrainedSide(case, "numba"), "plain": TrainedSide(plain, "numba")}
    for side in sides.values():
        side.build()
    seconds = alternate({n: s.train for n, s in sides.items()}, options, usual=SECONDS)
    ours, theirs = (1e3 * seconds[name] for name in ("option", "plain"))
    return row(
        "variations", words, "numba", ours, "ms", "plain", theirs,
        times_plain=ours / theirs, flops_times_plain=case.step_flops / plain.step_flops,
    )  # fmt: skip


def report(rows: list[dict]) -> str:
    """The table, and what it is of."""
    return (
        f"{show(rows, COLUMNS)}\n\nA training step of the configuration cifar with "
        "the option and without it, in turns: medians, numba backend."
    )
