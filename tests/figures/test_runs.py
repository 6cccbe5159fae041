import warnings
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from minivit.errors import InputError
from minivit.figures import Run, is_ours, runs_picture
from minivit.figures import runs as module

matplotlib = pytest.importorskip("matplotlib")
BLOCKS = [f"blocks.{block}.{kind}" for block in range(3) for kind in ("attention", "mlp")]
PLACES = {
    name: np.array([[epoch, 0.3, 0.01, 1e-3 * (i + 1) / epoch] for epoch in (1, 2, 3)])
    for i, name in enumerate(["patches", "positions", *BLOCKS, "head"])
}


def history(epochs, measured="test", **more):
    return [
        {"epoch": e, "train_loss": 2 / e, "train_accuracy": 1 - 0.5 / e,
         f"{measured}_loss": 1.5 / e, f"{measured}_accuracy": 1 - 0.4 / e}
        | {name: value / e for name, value in more.items()}
        for e in range(1, epochs + 1)
    ]  # fmt: skip


def a_run(label="run", epochs=3, measured="test", places=PLACES, **more):
    more = more or {"learning_rate": 2e-3, "gradient_norm": 1.5}
    return Run(label, measured, history(epochs, measured, **more), places)


OLD = Run("old", "test", history(2), {})


@pytest.fixture
def figures(monkeypatch):
    """The figures that were saved, so that a test can look at more than pixels."""
    saved, save = [], module.save_figure

    def spy(figure, path, **more):
        saved.append(figure)
        save(figure, path, **more)

    monkeypatch.setattr(module, "save_figure", spy)
    return saved


def texts(figure):
    return {text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()}


def test_one_run_shows_its_curves_and_its_places(tmp_path, figures):
    runs_picture([a_run("my run")], tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.format == "PNG" and 1800 <= picture.width <= 2400
    loss, accuracy, rate, norm, updates = figures[0].axes
    said = texts(figures[0])
    assert {"my run", "train 0.667", "test 0.500", "train 83.3%", "test 86.7%"} <= said
    assert rate.lines[0].get_ydata().tolist() == [2e-3, 1e-3, 2e-3 / 3]
    assert norm.lines[0].get_ydata().tolist() == [1.5, 0.75, 0.5]
    drawn = [line.get_ydata() for line in updates.lines if len(line.get_ydata()) == 3]
    assert len(drawn) == len(PLACES)
    assert {"blocks.0.attention ...", "... blocks.2.attention", "patches", "head"} <= said
    colours = [line.get_color() for line in updates.lines if len(line.get_ydata()) == 3]
    assert len(set(map(str, colours))) == len(PLACES)
    assert loss.get_yscale() == updates.get_yscale() == "log"


def test_a_place_that_stands_still_is_left_out_and_the_others_drawn(tmp_path, figures):
    places = PLACES | {"patches": PLACES["patches"] * [1, 1, 1, 0]}
    runs_picture([a_run(places=places)], tmp_path / "p.png")
    updates = figures[0].axes[-1]
    assert len([line for line in updates.lines if len(line.get_ydata()) == 3]) == len(PLACES) - 1


@pytest.mark.parametrize("several", [False, True])
def test_what_an_earlier_version_did_not_write_down_is_said(tmp_path, figures, several):
    runs_picture([OLD, OLD] if several else [OLD], tmp_path / "p.png")
    unknown = [t for t in figures[0].findobj(matplotlib.text.Text) if "not written" in t.get_text()]
    assert len(unknown) == (2 if several else 3)


def test_several_runs_of_different_lengths_and_versions_stand_side_by_side(tmp_path, figures):
    runs = [a_run("a: learning rate 0.01", 30), a_run("b", 5, "held_out"), OLD]
    runs_picture(runs, tmp_path / "p.png")
    loss, accuracy, rate, norm = figures[0].axes
    measured = [line for line in loss.lines if line.get_linestyle() != ":" and
                line.get_marker() == "None"]  # fmt: skip
    assert [len(line.get_ydata()) for line in measured] == [30, 5, 2]
    assert len({line.get_color() for line in measured}) == 3
    assert [len(line.get_ydata()) for line in rate.lines[::2]] == [30, 5]
    said = texts(figures[0])
    assert {"a: learning rate 0.01   (test 98.7%)", "b   (held-out 92.0%)"} <= said
    assert "old   (test 80.0%)" in said
    assert any(text.startswith("solid: held-out or test images") for text in said)


def test_more_runs_than_colours_still_look_different(tmp_path, figures):
    runs_picture([a_run(f"run {i}") for i in range(9)], tmp_path / "p.png")
    norm = figures[0].axes[3]
    looks = {(line.get_color(), str(line.get_linestyle())) for line in norm.lines[::2]}
    assert len(looks) == 9


@pytest.mark.parametrize("count", [1, 3, 12])
def test_nothing_is_cut_off_or_overlaps(tmp_path, figures, count):
    runs = [a_run(f"digits-{i}: learning rate 0.00{i}, flip random", 60) for i in range(count)]
    runs_picture(runs, tmp_path / "p.png")
    figure = figures[0]
    figure.draw_without_rendering()
    panels = [axes.get_tightbbox() for axes in figure.axes]
    words = [text.get_window_extent() for text in figure.findobj(matplotlib.text.Annotation)]
    legends = [legend.get_window_extent() for legend in figure.legends]
    for box in (*panels, *words, *legends):
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width
        assert box.y0 >= 0 and box.y1 <= figure.bbox.height
    if count > 1:
        assert all(panel.y0 > legends[0].y1 for panel in panels)
    else:
        pairs = combinations(panels, 2)
        assert not any(one.overlaps(other) for one, other in pairs)


@pytest.mark.parametrize("count", [1, 2])
def test_of_one_epoch_the_ticks_are_whole_and_the_words_stand_outside(tmp_path, figures, count):
    places = {place: rows[:1] for place, rows in PLACES.items()}
    runs_picture([a_run("one", 1, places=places)] * count, tmp_path / "p.png")
    figures[0].draw_without_rendering()
    for axes in figures[0].axes:
        low, high = axes.get_xlim()
        assert low < 1 < high
        assert all(tick == round(tick) for tick in axes.get_xticks() if low <= tick <= high)
        for words in axes.findobj(matplotlib.text.Annotation):
            assert words.get_window_extent().x0 > axes.bbox.x1


@pytest.mark.parametrize(
    "label", ["_hidden", "a$b$c", "a$b", "数字", "two\nlines", "x" * 400, "\\frac"]
)
def test_any_name_can_be_drawn(tmp_path, label):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs_picture([a_run(label)], tmp_path / "p.png")
        runs_picture([a_run(label), a_run("other")], tmp_path / "p.png")


def test_names_that_begin_with_an_underscore_stand_in_the_legend(tmp_path, figures):
    runs_picture([a_run("_hidden"), a_run("b")], tmp_path / "p.png")
    assert any("_hidden" in text for text in texts(figures[0]))


def test_a_picture_of_ours_is_known_from_others(tmp_path):
    runs_picture([OLD], tmp_path / "p.png")
    Image.new("RGB", (9, 9)).save(tmp_path / "other.png")
    (tmp_path / "empty.png").write_bytes(b"")
    assert is_ours(tmp_path / "p.png")
    assert not is_ours(tmp_path / "other.png") and not is_ours(tmp_path / "empty.png")


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([], "there is no run to draw"),
        ([Run("empty", "test", [], {})], "empty has no epoch to draw"),
        ([OLD, Run("odd", "test", [{"epoch": 1}], {})], "odd has no epoch to draw"),
    ],
)
def test_nothing_to_draw_is_a_sentence(tmp_path, runs, sentence):
    with pytest.raises(InputError, match=sentence):
        runs_picture(runs, tmp_path / "p.png")
    assert not list(tmp_path.iterdir())


def test_a_run_that_tells_pixels_has_a_loss_and_no_accuracy(tmp_path, figures):
    """And beside one that tells classes, both losses are named."""
    rows = [{k: v for k, v in row.items() if "accuracy" not in k} for row in history(3)]
    pixels = a_run("pixels")._replace(history=rows)
    for runs, of_loss, unknown in (
        ([pixels], "mean squared error", True),
        ([pixels, pixels._replace(label="others")], "mean squared error", True),
        ([pixels, a_run("classes")], "mean cross-entropy or mean squared error", False),
    ):
        runs_picture(runs, tmp_path / "p.png")
        said = texts(figures[-1])
        assert f"Loss ({of_loss}, log scale)" in said
        assert (module.NO_ACCURACY in said) is unknown
