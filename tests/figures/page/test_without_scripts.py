"""What a page says without scripts is what the model says, and its picture shows the rollout."""

import base64
import io
import re
from html import unescape

import numpy as np
import pytest
from looked_at import KINDS, build, images_for
from PIL import Image

from minivit import inspection
from minivit.figures.page import Shown, explainer_page
from minivit.figures.page.shown import what_a_page_lacks
from minivit.ops import softmax_forward

SHOWN = [kind for kind, changes in KINDS.items() if not what_a_page_lacks(build(**changes).config)]


def without_scripts(model, images, labels, language="en") -> str:
    shown = [Shown(f"image {i}", *one) for i, one in enumerate(zip(images, labels, strict=True))]
    page = explainer_page(model, shown, name="run", language=language)
    return re.search(r"<noscript>(.*?)</noscript>", page, re.S)[1]


def picture_in(text: str) -> np.ndarray:
    content = re.search(r'src="data:image/png;base64,([^"]+)"', text)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"), float)


@pytest.mark.parametrize("kind", SHOWN)
def test_the_answer_and_the_patch_that_counts_most(kind):
    model = build(**KINDS[kind])
    images = images_for(model, 2)
    p = softmax_forward(model.logits(images))[0]
    text = without_scripts(model, images, [int(p[0].argmax()), None])
    says = re.findall(r'<p class="says">(.*?)</p>', text)
    assert says[0].endswith("and it is right.") and f"<bdi>{p[0].argmax()}</bdi>" in says[0]
    chances = [float(one) for one in re.findall(r": ([\d.]+)\u00a0%</li>", text)]
    expected = np.sort(100 * p, axis=1)[:, ::-1].ravel()
    assert np.abs(chances - expected).max() <= 0.5 and len(chances) == expected.size
    flow = inspection.rollout_map(model, images)
    for alt, one in zip(re.findall(r'alt="(.*?)"', text), flow, strict=True):
        row, column = np.unravel_index(one.argmax(), one.shape)
        assert f"row {row}, column {column})" in alt


def test_the_square_of_the_largest_patch_is_the_largest_and_strongest():
    model = build(image=(8, 8), patch=(2, 2), channels=1)
    model.preprocessing = {"low": -1.0, "high": 1.0, "ink": "bright"}
    image = np.full((1, 8, 8, 1), -1.0)  # paper, and nothing else
    drawn = picture_in(without_scripts(model, image, [None]))
    flow = inspection.rollout_map(model, image)[0]
    assert drawn.shape == (160, 160, 3)
    covered = (255 - drawn).sum(axis=-1).reshape(4, 40, 4, 40).sum(axis=(1, 3))
    assert covered.argmax() == flow.argmax() and covered.argmin() == flow.argmin()
    row, column = np.unravel_index(flow.argmax(), flow.shape)
    assert np.abs(drawn[40 * row + 20, 40 * column + 20] - [196, 82, 10]).max() <= 8


def test_it_is_in_the_language_of_the_page_and_wrong_is_said():
    model = build()
    images = images_for(model, 1)
    said = int(model.logits(images)[0].argmax())
    text = unescape(without_scripts(model, images, [(said + 1) % 3], "zh"))
    assert "说错了" in text and "注意力展开" in text


@pytest.mark.parametrize(("language", "name"), [("en", "test image 7"), ("zh", "测试图像 7")])
def test_a_test_image_is_named_by_its_number_in_the_language_of_the_page(language, name):
    model = build()
    page = explainer_page(
        model, [Shown(7, images_for(model, 1)[0], None)], name="run", language=language
    )
    assert f"<h2><bdi>{name}</bdi></h2>" in page and '"name":7,' in page


def test_without_blocks_there_is_no_picture():
    text = without_scripts(build(depth=0), images_for(build(depth=0), 1), [None])
    assert "<img" not in text and "The model says" in text
