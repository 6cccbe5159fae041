"""What a page says of each number is true: the work behind it comes to the number itself."""

import pytest
from javascript import KINDS, as_told, plain, v8
from looked_at import build, images_for

from minivit.figures.page.sources import mathematics

# Of some numbers of every array: [name, what the work comes to, the number, array's largest]
MADE = """(model, image, loss) => {
  const t = new Trace(given(model), image_of(image));
  t.backward(dlogits_of(t.logits, loss));
  const found = [];
  for (const gradient of [false, true]) {
    for (const name of Object.keys(gradient ? t.gradients : t.values)) {
      const line = gradient ? returned_of(name) : made_of(name);
      const { shape, data } = array_of(t, name, gradient);
      const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      for (let flat = 0; flat < data.length; flat += Math.max(1, Math.floor(data.length / 7))) {
        const at = new At(t, place_of(name), loss);
        const one = (gradient ? line.back : line.made)(index_of(shape, flat), at);
        if (name === "patchify.images" && !gradient) continue;
        const numbers = [worked_out(t, one), data[flat], largest, references(one).length];
        found.push([name, gradient, ...numbers]);
      }
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_behind_a_number_comes_to_it(kind, run):
    model = build(**KINDS[kind])
    loss = {"kind": "difference", "label": 1, "other": 2}
    found = run(MADE, as_told(model), plain(images_for(model, 1)[0]), loss)
    scale = max(largest for *_, largest, _ in found)
    for name, gradient, worked_out, number, largest, _ in found:
        close = 1e-12 * max(largest, 1e-4 * scale)
        assert abs(worked_out - number) <= close, f"{'gradient of ' * gradient}{name}"


def test_every_number_that_is_made_of_others_tells_of_which(run):
    model = build()
    loss = {"kind": "cross-entropy", "label": 0}
    found = run(MADE, as_told(model), plain(images_for(model, 1)[0]), loss)
    without = {name for name, *_, references in found if not references}
    assert without == {"head.logits", "norm.normed"}  # the loss's own; cls leaves out other tokens
