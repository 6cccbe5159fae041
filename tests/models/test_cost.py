"""What a model costs, against what it really computes and remembers."""

import tracemalloc

import numpy as np
import pytest

from minivit import ViT, parameter_count, variant
from minivit.models import class_of
from minivit.models.config import ViTConfig
from minivit.models.cost import cost, cost_table
from minivit.models.variants import VARIANTS

ODD = ViTConfig((6, 9), 2, (3, 3), 12, 2, 3, 20, 5, pool="mean", qkv_bias=False, positions="none")


TABLES = variant("digits", positions="learned-2d", positions_at="every-layer-shared", top_k=3)
SEQUENCE = variant("digits", pool="sequence", cls_token=True, pre_logits=5, norm_after_pool=True)
FLAT = variant("digits", pool="flatten", norm_after_pool=True)
WAVES = variant("digits", positions="sincos-2d", positions_at="every-layer")


def remembered(value, owners: dict) -> dict:
    """Every array in a nest of caches by the identity of the memory that it keeps alive."""
    if isinstance(value, np.ndarray):
        while value.base is not None:
            value = value.base
        owners[id(value)] = value.nbytes
    elif isinstance(value, list | tuple):
        for entry in value:
            remembered(entry, owners)
    return owners


RELATIVE = variant("digits", positions="relative", positions_at="every-layer-shared")
PATCHES = variant("digits", patch_norm=True, patch=(4, 2), stride=(2, 1))
HEADS = variant("digits", heads=3, head_width=7)
ONE_HEAD = variant("digits", heads=1, out_projection=False)
CONFIGS = {"digits": variant("digits"), "odd": ODD, "patches": PATCHES, "heads": HEADS,
           "one head": ONE_HEAD, "sequence": SEQUENCE, "flat": FLAT,
           "relative": RELATIVE}  # fmt: skip
BACKBONES = {name: variant(name, image=(14, 17)) for name in ("hybrid-28", "resnet-28")}


@pytest.mark.parametrize(
    "config",
    [*CONFIGS.values(), TABLES, WAVES, *BACKBONES.values()],
    ids=[*CONFIGS, "tables", "waves", *BACKBONES],
)
def test_activations_are_what_the_caches_keep(config):
    B, model = 3, class_of(config)(config)
    rng = np.random.default_rng(0)
    images = rng.random((B, *config.image, config.channels), np.float32)
    _, cache = model.forward(images)
    kept = remembered(list(cache.of.values()), {})
    kept.pop(id(model.parameters.flat))
    filters = [cache for place, cache in cache.of.items() if place.endswith("filters")]
    for standardised in remembered(filters, {}):  # they are as large for a single image
        kept.pop(standardised, None)
    assert cost(config, batch=B).memory["activations"] == sum(kept.values())


@pytest.mark.parametrize("name", VARIANTS)
def test_parameters(name):
    config = variant(name)
    assert cost(config, batch=1).parameters == parameter_count(config)
    rows = cost_table(config)
    behind = [row for row in rows if row.name.split(".")[0] not in ("root", "stages")]
    if config.family == "ViT":
        apart = not config.positions_in_embedding
        assert len(behind) == 4 + apart + 2 * config.depth  # patchify, embed, norm and head
    assert sum(row.parameters for row in rows) == parameter_count(config)


def test_shared_tables_have_a_row_of_their_own():
    rows = {row.name: row for row in cost_table(TABLES)}
    assert rows["positions"].parameters == (4 + 4) * 32 + 64
    assert rows["positions"].shape == ()
    assert rows["blocks.2.positions"].shape == (17, 64)
    assert rows["blocks.2.positions"].parameters == 0
    assert cost(TABLES, batch=1).parameters == parameter_count(TABLES)


def test_the_largest_model_takes_no_memory_and_no_time():
    """Names, shapes and costs of 632 million parameters, which would take 2.5 GB."""
    tracemalloc.start()
    rows = cost_table(variant("H/14"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows[-1].shape == (1000,)
    assert most < 100e6


class Counted(np.ndarray):
    """Arrays that count the operations of the matrix products that they take part in."""

    flops = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        if "out" in options:
            options["out"] = tuple(np.asarray(x) for x in options["out"])
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            Counted.flops += 2 * result.size * plain[0].shape[-1]
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def test_what_all_attentions_share_is_counted_once():
    rows = {row.name: row.parameters for row in cost_table(RELATIVE)}
    assert rows["positions"] == 2 * 17 * 64
    assert cost(RELATIVE, batch=1).parameters == parameter_count(RELATIVE)
    assert rows["blocks.0.attention"] == rows["blocks.1.attention"]
    own = {row.name: row.parameters for row in cost_table(variant("digits"))}
    assert rows["blocks.0.attention"] == own["blocks.0.attention"]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_flops_are_those_of_the_products_that_run(config, monkeypatch):
    B, model = 2, ViT(config)
    # Every product has a weight as a factor, or what came out of such a product.
    of = model.parameters.of
    monkeypatch.setattr(
        model.parameters, "of",
        lambda place: tuple(a if a is None else a.view(Counted) for a in of(place)),
    )  # fmt: skip
    monkeypatch.setattr(Counted, "flops", 0)
    model.forward(np.zeros((B, *config.image, config.channels), np.float32))
    assert cost(config, batch=B).forward_flops * B == Counted.flops


def test_published_flops():
    # ViT-B/16 at 224 pixels: 17.6 G multiply-adds, as DeiT and others report it.
    assert cost(variant("B/16"), batch=1).forward_flops / 2 == pytest.approx(17.6e9, rel=0.01)


def test_stages_without_blocks():
    rows = cost_table(variant("digits", depth=0))
    assert [row.name for row in rows] == ["patchify", "embed", "norm", "head"]
    rows = cost_table(variant("digits", depth=0, pool="mean", norm_after_pool=True, pre_logits=3))
    names = ["patchify", "embed", "pool", "norm", "pre_logits", "head"]
    assert [row.name for row in rows] == names
    assert [row.shape for row in rows[2:]] == [(64,), (64,), (3,), (10,)]
