"""The test images that a page holds: packed without loss, as many as fit, with what is said."""

import json
import re

import numpy as np
import pytest
from javascript import v8
from looked_at import build, images_for
from page_letters import from_letters

from minivit import inspection
from minivit.figures.page import Gallery, Shown, explainer_page
from minivit.figures.page.gallery import fitting, in_gallery, packed
from minivit.figures.page.sources import mathematics

UNPACK = """(bytes, shape, levels, bits) => range(3).map((n) =>
  [...unpacked(Uint8Array.from(bytes), n, shape, levels, bits).data])"""


def gallery(model, count=5) -> Gallery:
    return Gallery(np.arange(count) * 3, images_for(model, count), np.arange(count) % 3, 40)


def told(page: str) -> tuple[dict, bytes]:
    content = re.search(r'id="gallery">(.*?)</script>', page)[1]
    whole = json.loads(re.search(r'id="told">(.*?)</script>', page)[1])
    return whole["gallery"], from_letters(content)


@pytest.mark.parametrize("count", [1, 2, 17, 256])
def test_images_of_few_levels_come_back_to_the_last_bit(count):
    levels = np.random.default_rng(0).normal(size=(2, count))
    numbers = np.random.default_rng(1).integers(count, size=(3, 5, 3, 2))
    images = np.stack([levels[c][numbers[..., c]] for c in range(2)], axis=-1)
    found = packed(images, images.dtype)
    assert len(found.content) == -(-images.size * found.bits // 8)
    assert found.bits <= max(1, int(np.ceil(np.log2(count))))
    with v8(mathematics()) as run:
        here = run(UNPACK, list(found.content), [5, 3, 2], found.levels, found.bits)
    assert np.array_equal(np.reshape(here, images.shape), images)


def test_images_of_many_levels_are_written_as_they_are():
    images = np.arange(600.0).reshape(2, 10, 30, 1)
    content, levels, bits = packed(images, images.dtype)
    assert levels is None and bits == 64
    assert np.array_equal(np.frombuffer(content, "<f8"), images.ravel())


def test_what_is_said_is_what_the_model_says():
    model = build()
    some = gallery(model)
    said, _ = in_gallery(model, some)
    logits = model.logits(some.images)
    assert said["said"] == logits.argmax(axis=1).tolist()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(probabilities.max(axis=1) - said["sure"]).max() < 1e-4
    assert said["lens"] == inspection.lens_accuracy(model, some.images, some.labels).tolist()
    assert said["numbers"] == [0, 3, 6, 9, 12] and said["of"] == 40


def test_a_page_holds_as_many_as_fit_and_none_without_room():
    model = build()
    shown = [Shown("one", images_for(model, 1)[0], 0)]
    one, some = explainer_page(model, shown, name="run"), gallery(model, 400)
    assert told(one) == (None, b"")
    whole = explainer_page(model, shown, name="run", gallery=some)
    assert len(told(whole)[0]["labels"]) == 400
    limit = (len(one.encode()) + len(whole.encode())) / 2e6
    part = explainer_page(model, shown, name="run", gallery=some, most=limit)
    of_part, content = told(part)
    assert 100 < len(of_part["labels"]) < 300 and len(part.encode()) <= limit * 1e6
    assert len(content) * 8 == len(of_part["said"]) * some.images[0].size * of_part["bits"]
    least = len(one.encode()) + 200  # the measures of the images take some digits more
    tight = explainer_page(model, shown, name="run", gallery=some, most=least / 1e6)
    assert told(tight) == (None, b"")


def test_those_that_fit_are_evenly_chosen():
    model = build()
    some = gallery(model, 400)
    chosen = fitting(some, model.dtype, 40_000)
    steps = np.diff(chosen.numbers)
    assert len(chosen.numbers) < 200 and set(steps) <= {steps.min(), steps.min() + 3}
    assert np.array_equal(chosen.images, some.images[chosen.numbers // 3])


def test_the_confusion_matrix_counts_labels_by_rows():
    with v8(mathematics()) as run:
        counts = run("() => [...confusion([0, 2, 2, 2, 1], [0, 1, 1, 2, 0], 3).data]")
    assert counts == [1, 0, 0, 1, 0, 0, 0, 2, 1]
