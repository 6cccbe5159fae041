"""The colours of numbers: ever lighter, ever darker, white at 0, and true at the ends."""

import itertools
import re

import pytest
from javascript import v8

from minivit.figures.page.sources import mathematics, read, style

VIEWS = ("colours", "slices", "mistakes_view")


@pytest.fixture(scope="module")
def run():
    with v8(mathematics() + "".join(read(f"views/{name}.js") for name in VIEWS)) as run:
        yield run


def lightness(colour) -> float:
    """Relative luminance, as WCAG defines it."""
    linear = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_what_has_no_sign_gets_ever_lighter(run):
    colours = run("() => range(101).map((i) => scale_of([0, 100]).colour(i))")
    found = [lightness(colour) for colour in colours]
    assert all(a < b for a, b in itertools.pairwise(found))
    assert found[-1] / found[0] > 20


def test_a_marker_gets_ever_darker_from_nearly_white(run):
    colours = run("() => range(101).map((i) => marker_scale([40, 100]).colour(i))")
    found = [lightness(colour) for colour in colours]
    assert all(a > b for a, b in itertools.pairwise(found))
    assert found[0] > 0.9


@pytest.mark.parametrize("most", [1, 2, 36, 400])
def test_a_count_is_read_on_the_colour_of_its_cell(run, most):
    """Contrast as WCAG defines it: white has luminance 1, black 0."""
    pairs = run(f"() => range({most + 1}).map((i) => by_logarithm([{most}]).colour(i))"
                ".map((colour) => [colour, ink_on(colour)])")  # fmt: skip
    for colour, ink in pairs:
        light = lightness(colour) + 0.05
        assert ink in ("#ffffff", "#000000")
        assert (1.05 / light if ink == "#ffffff" else light / 0.05) >= 4.5
    light = lightness(pairs[-1][0]) + 0.05
    assert 1.05 / light > 6  # the largest counts are the darkest: white, with room


def test_zero_is_white_and_both_signs_get_darker_alike(run):
    colours = run("() => range(21).map((i) => scale_of([-3, 10]).colour(i - 10))")
    found = [lightness(colour) for colour in colours]
    assert colours[10] == [250, 250, 250]
    assert found == sorted(found[:11]) + sorted(found[11:], reverse=True)
    assert colours[0][2] > colours[0][0] and colours[-1][0] > colours[-1][2]  # blue, orange


def test_what_is_zero_but_for_rounding_is_drawn_as_zero(run):
    assert run("() => scale_of([-1, 1]).colour(1e-13)") == [250, 250, 250]
    assert run("() => [scale_of([5, 5]).colour(5), scale_of([]).low, scale_of([0]).signed]") == [
        [13, 22, 51], 0, False,
    ]  # fmt: skip


def test_curves_stand_out_on_the_light_ground_and_on_the_dark_one(run):
    def of(colour):
        return lightness([int(colour[i : i + 2], 16) for i in (1, 3, 5)])

    grounds = set(re.findall(r"--panel: (#\w{6})", style()))
    curves = re.findall(r'\["(#\w{6})", ', read("views/why_parts.js"))
    assert len(grounds) == 2 and len(curves) == 7
    for ground, curve in itertools.product(grounds, curves):
        dark, light = sorted([of(ground), of(curve)])
        assert (light + 0.05) / (dark + 0.05) >= 3, (ground, curve)


SLICES = """() => [["a", [4]], ["a", [3, 4]], ["a", [2, 3, 4]], ["patchify.images", [3, 4, 2]]]
  .flatMap(([name, shape]) => {
    const x = zeros(shape);
    x.data.forEach((_, i) => { x.data[i] = i; });
    return [0, 1, 9].map((slice) => {
      const view = sliced(name, x, slice);
      return range(view.rows).every((row) => range(view.columns).every((column) => {
        const index = view.index(row, column);
        const here = view.data[row * view.columns + column] === x.data[flat_index(shape, index)];
        const [r, c] = cell_of(name, shape, index, view.slice);
        return here && r === row && c === column
          && slice_of(name, shape, index) === view.slice;
      }));
    });
  })"""


def test_a_slice_shows_the_numbers_that_its_index_names(run):
    assert run(SLICES) == [True] * 12
