"""What this machine's memory can't hold is refused in a sentence, and what fits is not."""

import numpy as np
import pytest

from minivit import InputError, ViT, backend, machine, variant
from minivit.models import memory
from minivit.models.cost import cost
from minivit.models.memory import counted, kept
from minivit.models.vit import VIT

LONG = variant("digits", image=(512, 512), depth=1)  # 65,537 tokens
ONE = np.zeros((1, 512, 512, 1), np.float32)


@pytest.fixture
def free(monkeypatch):
    """Sets how much memory is free."""
    return lambda count: monkeypatch.setattr(memory, "free_memory", lambda: count)


def test_a_sequence_too_long_for_numpy_is_refused_before_anything_is_allocated(free):
    model = ViT(LONG)
    free(10 * 10**9)
    with backend.use("numpy"):
        for run in (model.forward, model.logits, model.features):
            # 4 heads of 65,537^2 probabilities, 4 bytes each: 68.7 GB
            words = (
                r"1 images of 65,537 tokens each needs at least 6[89]\.\d GB of memory .* 10 GB are"
            )
            with pytest.raises(InputError, match=words):
                run(ONE)


def test_the_kernels_keep_no_probabilities(ops):
    model = ViT(LONG)
    found = kept(model.architecture, ops, model.parameters, LONG)
    numbers = found[0] / LONG.tokens / LONG.width
    assert numbers < 40 if backend.name() == "numba" else numbers > 4000


def test_the_sentence_says_how_many_fit(free, monkeypatch):
    model = ViT("digits")
    each = counted(model.architecture, model.config)[0] * 4
    monkeypatch.setattr(memory, "LOOKED_AT", 0)
    free(3 * each)
    images = np.zeros((4, 8, 8, 1), np.float32)
    with backend.use("numpy"):
        model.forward(images[:3])
        with pytest.raises(InputError, match=r"4 images of 17 .* choose at most 3 at a time"):
            model.forward(images)
        model.logits(images)  # one place at a time
        free(None)  # a system that does not say
        model.forward(images)


def test_what_is_counted_is_what_the_costs_say():
    config = variant("Ti/16")
    found, _ = counted(VIT, config)
    assert cost(config, batch=5).memory["activations"] == 5 * 4 * found


def test_a_containers_limit(tmp_path):
    for name, text in {"max": "1000\n", "current": "900\n", "stat": "anon 5\ninactive_file 50\n"
                       }.items():  # fmt: skip
        (tmp_path / f"memory.{name}").write_text(text)
    assert machine.free_of_container(tmp_path) == 150
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_of_container(tmp_path) is None
    assert machine.free_of_container(tmp_path / "none") is None


def test_this_machine_has_some_memory_or_does_not_say():
    free = machine.free_memory()
    assert free is None or free > 1 << 20


def test_features_count_what_they_return(free, monkeypatch):
    model = ViT("digits")
    c, largest = model.config, counted(model.architecture, model.config)[1]
    monkeypatch.setattr(memory, "LOOKED_AT", 0)
    images = np.zeros((1, 8, 8, 1), np.float32)
    with backend.use("numpy"):
        returned = sum(x.size for x in model.features(images))
        assert returned == (c.depth + 1) * c.tokens * c.width
        free(4 * (largest + returned))
        model.features(images)
        free(4 * (largest + returned) - 1)
        model.logits(images)
        with pytest.raises(InputError, match="1 images of 17 tokens each needs at least"):
            model.features(images)
