"""Every figure of `minivit look`, for models of every kind, with names of every kind."""

import re

import numpy as np
import pytest
from looked_at import build, images_for
from PIL import Image

import minivit
from minivit.figures.paper import marked
from minivit.figures.saving import was_made_by
from minivit.figures.subject import subject
from minivit.figures.views import SOFTWARE, VIEWS, Look, Ways, draw_view, lack
from minivit.inspection import cls_attention, head_measures, lens_accuracy, occlusion, rollout_map

matplotlib = pytest.importorskip("matplotlib")
KINDS = {
    "colour, mean": {"channels": 3, "pool": "mean", "positions": "sincos-2d"},
    "axial": {"channels": 1, "axial": True},
    "flatten": {"channels": 3, "pool": "flatten", "positions": "learned-2d",
                "positions_at": "every-layer", "heads": 1},
    "one patch": {"channels": 1, "patch": (4, 6), "depth": 1, "heads": 4},
    "hybrid": {"channels": 1, "image": (8, 12), "patch": 1, "root": 2, "root_side": 3,
               "root_pool": False, "groups": 1, "stages": (1, 1)},
}  # fmt: skip
LONG = ["a$b$c_{", "W" * 80, "</svg>\n数"]


@pytest.fixture
def figures(monkeypatch):
    """The figures that were saved, so that a test can look at more than pixels."""
    saved = []
    for module in (
        "distances",
        "heads",
        "learned",
        "lens",
        "maps",
        "reasons",
        "rollout",
        "similarity",
    ):
        path = f"minivit.figures.{module}.save_figure"
        save = __import__(f"minivit.figures.{module}", fromlist=["x"]).save_figure

        def spy(figure, path, save=save, **more):
            saved.append(figure)
            save(figure, path, **more)

        monkeypatch.setattr(path, spy)
    return saved


def look_at(model, count=2, names=None, labels=None, target=None, models=None):
    images = images_for(model, count)
    model.class_names = names or model.class_names
    files = [f"{name}.png" for name in (names or ["a", "b", "c"])[:count]]
    seen = subject(model, files, images, target=target, labels=labels)
    models = models or {"run": model}
    return Look(models, {name: images_for(one, 3) for name, one in models.items()}, seen)


def texts(figure):
    found = figure.findobj(matplotlib.text.Text)
    return [text.get_text() for text in found if text.get_text()]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in VIEWS
        for kind in KINDS
        if name in ("why", "lens", "maps") or kind not in ("flatten", "hybrid")
    ],
)
def test_every_figure_of_every_model_keeps_its_words_apart(tmp_path, figures, name, kind):
    model = build(**KINDS[kind])
    look = look_at(model, names=LONG, labels=np.array([0, 1]), target=2)
    draw_view(name, look, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG" and picture.width > 700
    assert was_made_by(tmp_path / "a.png", SOFTWARE)
    assert len(figures) == 1
    keeps_words_apart(figures)


def keeps_words_apart(figures):
    """All that is written lies within its figure, and not over something else."""
    for figure in figures:
        width, height = figure.bbox.size
        shown = [(text, text.get_window_extent()) for text in words_of(figure)]
        for i, (text, box) in enumerate(shown):
            assert box.x0 >= -1 and box.y0 >= -1, text
            assert box.x1 <= width + 1 and box.y1 <= height + 1, text
            for other, one in shown[:i]:
                assert not shrunk(box).overlaps(shrunk(one)), (text, other)


def words_of(figure):
    """All that is written, without the ticks that matplotlib keeps beyond an axis."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [axes.title, *axes.texts, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    found += [tick.label1, tick.label2]
    return [text for text in found if text.get_text() and text.get_visible()]


def shrunk(box):
    """Letters may touch: a font's box has air around it."""
    return matplotlib.transforms.Bbox.from_extents(box.x0 + 1, box.y0 + 2, box.x1 - 1, box.y1 - 2)


def test_what_is_drawn_is_what_was_measured(tmp_path, figures):
    model = build(channels=1)
    look = look_at(model, labels=np.array([0, 1]))
    for name in VIEWS:
        draw_view(name, look, tmp_path / f"{name}.svg")
    drawn = dict(zip(VIEWS, figures, strict=True))
    measures = head_measures(model, images_for(model, 3))
    dots = drawn["distances"].axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(dots, measures.distance.ravel())
    np.testing.assert_allclose(drawn["model"].axes[2].lines[0].get_ydata(), dots)
    maps = rollout_map(model, look.seen.images)
    assert f"{maps[1].min():.1%} to {maps[1].max():.1%} a patch" in texts(drawn["rollout"])
    strength = np.sqrt(np.square(model.features(look.seen.images)[-1][1, 1:]).mean(axis=-1))
    label = f"{strength.min():.2g} to {strength.max():.2g}"
    assert drawn["maps"].axes[2 * 6 - 1].get_xlabel() == label  # the second image, the last layer
    last = [axes for axes in drawn["why"].axes if axes.images][8 * 1 + 7].images[0].get_array()
    expected = occlusion(model, look.seen.images, look.seen.targets)
    np.testing.assert_allclose(last, expected[1])
    sides = {tuple(axes.images[0].get_extent()[1:3]) for axes in drawn["why"].axes[13:16]}
    assert sides == {(6, 4)}  # maps of pixels and of patches are as large as the image
    keys = next(axes for axes in drawn["distances"].axes if "keys" in axes.get_ylabel())
    bits, labels = keys.get_yticks(), [tick.get_text() for tick in keys.get_yticklabels()]
    assert [2**bit for bit in bits] == list(map(int, labels))
    assert keys.get_ylim() == drawn["distances"].axes[1].get_ylim()
    lens = drawn["lens"].axes[1].images[0].get_array()
    np.testing.assert_allclose(lens[:, -1], look.seen.probabilities[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{n}.svg" for n in VIEWS)


def test_below_the_lens_stands_what_is_read_right_at_every_depth(tmp_path, figures):
    model = build(channels=1)
    look = look_at(model, labels=np.array([0, 1]))._replace(labels=np.array([2, 0, 1]))
    draw_view("lens", look, tmp_path / "a.png")
    (dots,) = (axes.lines[0].get_ydata() for axes in figures[0].axes if axes.lines)
    np.testing.assert_allclose(dots, lens_accuracy(model, look.measured["run"], look.labels))
    assert "read right,\nof 3 images" in texts(figures[0])
    keeps_words_apart(figures)


def test_a_block_and_a_rollout_can_be_chosen(tmp_path, figures):
    model = build(channels=1, axial=True, depth=3)
    look = look_at(model)
    draw_view("heads", look, tmp_path / "a.png", Ways(block=1))
    draw_view("rollout", look, tmp_path / "b.png", Ways(fuse="max", discard=0.5, start_block=1))
    heads, rolled = figures
    attention = cls_attention(model, look.seen.images)[:, 3]  # the second half of block 1
    most = max(np.percentile(attention, 99), 2 / 7)
    shown = heads.axes[1].images[0].get_array()
    expected = marked(look.seen.pictures[0], np.sqrt(attention[0, 0] / most))
    np.testing.assert_allclose(shown, np.clip(expected, 0, 1))
    assert any("half of a block, blocks.1, head" in " ".join(t.split()) for t in texts(heads))
    said = " ".join(" ".join(texts(rolled)).split())
    assert "The largest attention of all heads, without the least 50% of its weights" in said
    assert "multiplied over blocks 1 to 2." in said
    maps = rollout_map(model, look.seen.images, fuse="max", discard=0.5, start_block=1)
    assert f"{maps[1].min():.1%} to {maps[1].max():.1%} a patch" in texts(rolled)
    keeps_words_apart(figures)


def test_several_models_stand_beside_each_other(tmp_path, figures):
    model, other = build(channels=1), build(channels=1, image=(4, 4), pool="mean", depth=3)
    look = look_at(model, models={"first": model, "second": other})
    for name in ("positions", "distances"):
        draw_view(name, look, tmp_path / f"{name}.png")
    positions, distances = figures
    assert any("second" in text for text in texts(positions))
    first, second = (axes.images[0] for axes in positions.axes[:2])
    assert first.get_clim() == second.get_clim()
    assert "no cls token" in texts(distances)
    # Pixels of images of one size could be compared, these can't; bits can.
    tops = [axes.get_ylim()[1] for axes in distances.axes]
    assert tops[0] != tops[1] and tops[2] == tops[3]


def test_a_caption_tells_what_was_said_what_is_and_what_was_asked():
    model = build(channels=1)
    model.class_names = ["ant", "bee", "cow"]
    seen = look_at(model, 3, labels=np.array([0, 1, 2])).seen
    said = seen.probabilities.argmax(axis=1)
    for i in range(3):
        assert seen.caption(i, 2).startswith(f"{seen.names[i]}\n")
        assert ("said: " in seen.caption(i, 2)) == (said[i] != i) == ("is: " in seen.caption(i, 2))
    asked = look_at(model, 3, target=(said[0] + 1) % 3, names=model.class_names).seen
    assert re.search(r"^asked: (ant|bee|cow): \d+%$", asked.caption(0, 2), re.MULTILINE)
    assert asked.lines == 3


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"depth": 0}, "rollout", "the model has no blocks, and so no attention"),
        ({"depth": 0}, "lens", None),
        ({"positions": "relative"}, "positions", "positions are relative: no vector"),
        ({"positions": "none"}, "positions", "positions are none"),
        ({"positions": "none"}, "model", None),
        ({}, "why", None),
    ],
)
def test_what_a_model_lacks_is_said(changes, name, reason):
    found = lack(name, {"run": build(**changes)})
    assert found is None if reason is None else found.startswith(reason)


def test_the_others_are_named_too():
    models = {"a": build(), "b": build(positions="none"), "c": build(depth=0)}
    assert lack("positions", models).startswith("of b, positions are none")
    assert lack("distances", models) == "c has no blocks, and so no attention"
    assert lack("heads", models) is None


@pytest.mark.parametrize("channels", [1, 3])
def test_of_a_resnet_all_is_drawn_that_needs_no_attention(tmp_path, figures, channels):
    sizes = {"root": 4, "groups": 2, "root_side": 3, "stages": (1, 1)}
    model = minivit.ResNet(minivit.ResNetConfig((20, 13), channels, 3, **sizes))
    look = look_at(model, names=LONG, labels=np.array([0, 1]), target=2)
    reasons = {name: lack(name, look.models) for name in VIEWS}
    needed = dict.fromkeys(("distances", "heads", "rollout"), "attention")
    for name, what in (needed | {"lens": "tokens", "positions": "positions"}).items():
        assert reasons.pop(name) == f"this needs {what}, and the model is a ResNet, which has none"
    assert reasons == {"model": None, "maps": None, "why": None}
    for name in reasons:
        draw_view(name, look, tmp_path / f"{name}.png")
    keeps_words_apart(figures)
    filters, layers, why = (" ".join(" ".join(texts(figure)).split()) for figure in figures)
    assert "components of the root's filters" in filters and "has no blocks" in filters
    assert "stage 1 unit 0" in layers and "4 of 4 layers" in layers
    assert "Four ways to ask" in why and "attention" not in why
    with pytest.raises(minivit.InputError, match="no blocks"):
        draw_view("rollout", look, tmp_path / "b.png")


def test_figure_7_says_what_is_missing(tmp_path, figures):
    model = build(channels=2, positions="none")
    draw_view("model", Look({"run": model}, {}, None), tmp_path / "a.png")
    said = " ".join(" ".join(texts(figures[0])).split())
    for words in ("filters have 2 channels", "positions are none", "there are no pictures"):
        assert words in said
    with pytest.raises(minivit.InputError, match="why shows pictures, and there are none"):
        draw_view("why", Look({"run": model}, {}, None), tmp_path / "b.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_answers_that_overflow_are_refused():
    model = build()
    model.parameters["head.w"] = 1e308
    with pytest.raises(minivit.InputError, match="the model's answers overflow"):
        look_at(model)


def test_a_map_that_is_the_same_everywhere_agrees_with_nothing(tmp_path, figures):
    model = build(channels=1)
    model.parameters["head.w"] = 0
    draw_view("why", look_at(model), tmp_path / "a.png", Ways(fill="white"))
    said = texts(figures[0])
    assert said.count("r = -") == 2 * 6  # occlusion is 0 everywhere
    assert any("attention rollout -, " in text and "white (" in text for text in said)
