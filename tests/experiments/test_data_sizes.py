"""Who needs how many images: how many there are, and findings on made tables."""

import pytest
from made_tables import spread_out
from tiny_scale import TINY

from minivit.data import hold_out
from minivit.experiments import FULL, QUICK, committed, data
from minivit.experiments.cell import loaded
from minivit.experiments.pool import RESNET, VIT


def on_images(vit, resnet) -> list[dict]:
    """A made table of accuracies on 10, 20 and 40 images."""
    return [{"model": m, "images": n, "seed": s, "accuracy": a, "few-shot": a,
             "epoch": 2 + s, "epochs": 4}
            for m, means in ((VIT, vit), (RESNET, resnet))
            for n, mean in zip((10, 20, 40), means, strict=True)
            for s, a in spread_out(mean)]  # fmt: skip


@pytest.mark.parametrize(
    ("vit", "resnet", "held"),
    [
        ((50, 70, 90), (60, 72, 80), [True, True, True, True, True, False]),
        ((60, 72, 80), (50, 70, 90), [False, False, False, False, False, False]),
        # never ahead, and as steep
        ((50, 60, 70), (60, 70, 80), [True, False, None, None, None, True]),
        ((50, 60, 70), (50, 60, 70), [None, None, None, None, None, None]),
        # steeper in the last step alone
        ((50, 60, 90), (30, 60, 80), [False, True, True, False, False, False]),
    ],
)
def test_data_on_made_tables(vit, resnet, held):
    found = data.findings(on_images(vit, resnet))
    assert [one.holds for one in found] == 2 * held
    assert [one.control for one in found] == 2 * [False, False, False, True, True, True]
    # of three seeds one was best at its last epoch, of either model
    assert found[1].words.endswith(
        "; of 4 epochs the last was the best in 2 of 6 trainings there, hybrids among them"
    )


def test_gains_are_told_step_by_step():
    found = data.findings(on_images((50, 60, 90), (30, 60, 80)))
    assert found[3].words == "that gain over each step before (no: to 20 (10.0 and 30.0 points))"
    assert found[4].words.startswith(
        "the gain from 10 to 40 images, of the ViT (40.0 points) above that of the ResNet (50.0"
    )


def test_on_clothes_the_resnet_gains_more_but_for_the_last_step():
    """Rounded means of the committed table, subtracted by hand; the answers by the page's rule."""
    found = data.findings(committed("data").rows)
    clothes, few_shot = found[3:5], found[9:11]
    assert "(no: to 2,000 (8.6 and 11.7 points), to 10,000 (4.81 and 7.64 points))" in (
        clothes[0].words
    )
    assert [one.holds for one in (*clothes, *few_shot)] == [False, False, None, None]


def test_nothing_was_stopped_early_on_most_images():
    rows = committed("data").rows
    assert all(row["epoch"] == row["epochs"] == 3 for row in rows if row["images"] == 59_000)
    assert data.stopped(rows, 59_000) == (
        "of 3 epochs the last was the best in all 9 trainings there, hybrids among them, so "
        "nothing was stopped early"
    )


@pytest.mark.parametrize("scale", [FULL, QUICK, TINY])
def test_so_many_images_are_left_to_learn_from(scale):
    """Beside those that are held out; and the epochs become fewer as images become more."""
    name, sizes = data.grid(scale)
    epochs = list(sizes.values())
    assert len(sizes) > 2 and list(sizes) == sorted(sizes) and epochs == sorted(epochs)[::-1]
    if name == "fashion-small":
        for wanted in sizes:
            cell = data.cell(name, wanted, 1, VIT, 0, scale)
            held = cell.training["hold_out"]
            left = hold_out(loaded(cell.images), held).train.labels
            assert abs(len(left) - wanted) <= 10 and cell.best
    assert data.cell("fashion", 59_000, 3, VIT, 0, FULL).images.train == 60_000
