"""Other runs in a page: which are refused, and their positions beside the model's own."""

import pytest
from looked_at import build, images_for

from minivit import InputError, inspection
from minivit.figures.page import Shown, explainer_page


def page_of(model, **options) -> str:
    return explainer_page(model, [Shown("one", images_for(model, 1)[0], 1)], name="r", **options)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": (4, 4)}, "its images have 4x4 pixels, not 4x6 pixels"),
        ({"channels": 1}, "its channels are 1, not 2"),
        ({"patch": (4, 2)}, "its grid is 1x3 patches, not 2x3 patches"),
        ({"classes": 4}, "classes"),
        ({"top_k": 2}, "top-k attention"),
    ],
)
def test_a_run_that_can_not_be_asked_the_same_is_refused(changes, words):
    with pytest.raises(InputError, match=f"b can't stand beside the model: .*{words}"):
        page_of(build(), others={"b": build(**changes)})


def test_what_is_too_large_is_named_with_its_size():
    with pytest.raises(InputError, match=r"or leave out b \(0\.0 MB\) or d"):
        page_of(build(), others={"b": build(), "d": build(depth=1)}, most=0.01)


def test_the_same_runs_give_the_same_page():
    one, other = (page_of(build(), others={"b": build(depth=3)}) for _ in range(2))
    assert one == other


def test_positions_of_runs_stand_beside_each_other(opened, tmp_path):
    model, other = build(), build(depth=1, positions="sincos-2d")
    path = tmp_path / "page.html"
    page = page_of(model, others={"other": other, "without": build(positions="none")})
    path.write_text(page, "utf-8", newline="\n")
    tiles = opened("model", path=path).locator(".run")
    assert tiles.count() == 2
    for i, one in enumerate((model, other)):
        vectors = next(iter(inspection.position_tables(one).values()))
        r = inspection.nearness(vectors, one.config.grid)
        said = tiles.nth(i).inner_text().replace("−", "-")
        assert f"{r:.2f}" in said and ("r", "other")[i] in said
