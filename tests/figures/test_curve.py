import os
import subprocess
import sys

import pytest
from PIL import Image

from minivit.errors import InputError
from minivit.figures import can_draw, training_curve
from minivit.figures import curve as module


def rows(losses):
    return [
        {
            "epoch": epoch,
            "train_loss": loss,
            "train_accuracy": 0.5,
            "test_loss": loss / 2,
            "test_accuracy": 0.75,
        }
        for epoch, loss in enumerate(losses, start=1)
    ]


@pytest.fixture
def figures(monkeypatch):
    """The figures that were saved, so that a test can look at more than pixels."""
    pytest.importorskip("matplotlib")
    saved = []
    save = module.save_figure
    monkeypatch.setattr(module, "save_figure", lambda f, path: (saved.append(f), save(f, path)))
    return saved


@pytest.mark.parametrize("losses", [[2.0], [2.0, 1.0, 0.01]])
def test_the_curve_is_a_wide_png_with_its_last_values(tmp_path, figures, losses):
    training_curve(rows(losses), tmp_path / "curve.png")
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.format == "PNG" and 1600 <= picture.width <= 2000
    assert [entry.name for entry in tmp_path.iterdir()] == ["curve.png"]
    loss, accuracy = figures[0].axes
    assert loss.get_yscale() == "log"
    assert {text.get_text() for text in accuracy.texts} == {"train 50.0%", "test 75.0%"}
    assert f"train {losses[-1]:.3f}" in {text.get_text() for text in loss.texts}


def test_held_out_images_are_not_called_test_images(tmp_path, figures):
    held_out = [{k.replace("test", "held_out"): v for k, v in r.items()} for r in rows([2.0, 1.0])]
    training_curve(held_out, tmp_path / "curve.png")
    texts = {text.get_text() for axes in figures[0].axes for text in axes.texts}
    assert texts == {"train 1.000", "held-out 0.500", "train 50.0%", "held-out 75.0%"}
    (meaning,) = (text.get_text() for text in figures[0].texts)
    assert "held-out: after the epoch" in meaning and "test:" not in meaning
    width = figures[0].bbox.width
    for axes in figures[0].axes:
        assert all(text.get_window_extent().x1 < width for text in axes.texts)


def test_a_run_that_tells_pixels_has_words_in_the_accuracys_place(tmp_path, figures):
    pixels = [{k: v for k, v in row.items() if "accuracy" not in k} for row in rows([2.0, 1.0])]
    training_curve(pixels, tmp_path / "curve.png")
    loss, accuracy = figures[0].axes
    assert loss.get_title(loc="left") == "Loss (mean squared error, log scale)"
    assert [text.get_text() for text in accuracy.texts] == [module.NO_ACCURACY]


@pytest.mark.parametrize("measured", ["test", "held_out"])
def test_averaged_weights_have_a_broken_line_and_a_word_of_their_own(tmp_path, figures, measured):
    history = [{k.replace("test", measured): v for k, v in r.items()} for r in rows([2.0, 1.0])]
    for row in history:
        row |= {f"averaged_{measured}_loss": 0.4, f"averaged_{measured}_accuracy": 0.8}
    training_curve(history, tmp_path / "curve.png")
    name, width = measured.replace("_", "-"), figures[0].bbox.width
    texts = {text.get_text() for axes in figures[0].axes for text in axes.texts}
    assert texts == {"train 1.000", f"{name} 0.500\naveraged 0.400", "train 50.0%",
                     f"{name} 75.0%\naveraged 80.0%"}  # fmt: skip
    for axes in figures[0].axes:
        assert all(text.get_window_extent().x1 < width for text in axes.texts)
        assert [line.get_linestyle() for line in axes.lines[::2]] == ["-", "-", "--"]
    assert (figures[0].axes[1].lines[4].get_ydata() == 0.8).all()
    assert any("the broken line" in text.get_text() for text in figures[0].texts)


def test_labels_stay_inside_the_figure(tmp_path, figures):
    training_curve(rows([12.5, 11.0]), tmp_path / "curve.png")
    width = figures[0].bbox.width
    for axes in figures[0].axes:
        for text in axes.texts:
            assert text.get_window_extent().x1 < width


def test_a_loss_of_0_is_drawn_on_a_linear_axis(tmp_path, figures):
    training_curve(rows([1.0, 0.0]), tmp_path / "curve.png")
    assert figures[0].axes[0].get_yscale() == "linear"


def test_drawing_does_without_pyplot_and_its_global_state(tmp_path, figures):
    program = (
        "import sys; from minivit.figures import training_curve; "
        f"training_curve({rows([1.0])}, 'curve.png'); print('matplotlib.pyplot' in sys.modules)"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("False\n", "")
    assert (tmp_path / "curve.png").exists()


def test_an_empty_history_is_refused(tmp_path):
    with pytest.raises(InputError, match="no epoch yet"):
        training_curve([], tmp_path / "curve.png")


def test_a_folder_that_is_missing_is_an_os_error(tmp_path, figures):
    with pytest.raises(FileNotFoundError):
        training_curve(rows([1.0]), tmp_path / "missing" / "curve.png")


def test_without_matplotlib_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("minivit.figures.saving.importlib.util.find_spec", lambda name: None)
    assert not can_draw()
    with pytest.raises(InputError, match=r"pip install matplotlib"):
        training_curve(rows([1.0]), tmp_path / "curve.png")
    assert not list(tmp_path.iterdir())
