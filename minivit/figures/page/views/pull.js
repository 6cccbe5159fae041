// What the gradient says of every pixel of the image, before a change and after it.

const PULLED = 170; // pixels of a map's width

function pulled(app, changes) {
  const { runs, state, told } = app;
  const loss = runs.usual_loss(state.image);
  const gradients = [runs.backward(state.image, loss).gradients["patchify.images"]];
  if (changes.length) gradients.push(runs.pull(state.image, changes, loss));
  const maps = gradients.map(over_channels);
  const scale = scale_of(
    maps.flatMap((one) => [...one]),
    true,
  );
  const label = named(told.classes[loss.label], 24);
  return [
    element("p", { class: "quiet" }, ...say_with("change.pull.about", { label })),
    element(
      "div",
      { class: "tiles" },
      ...maps.map((map, k) => pixel_tile(app, map, scale, say(PULLED_WHEN[k]))),
    ),
    legend(scale),
  ];
}

const PULLED_WHEN = ["change.before", "change.after"];

// (height, width, channels) -> (height width,): what all channels of a pixel do together
function over_channels({ shape: [, , channels], data }) {
  return Float64Array.from(parts(data, data.length / channels), (pixel) =>
    pixel.reduce((a, b) => a + b),
  );
}

function pixel_tile({ c }, map, scale, title) {
  const [count, columns] = c.image;
  const at = largest_at(map.map(Math.abs));
  const place = { row: Math.floor(at / columns), column: at % columns };
  const alt = say("change.pull.alt", { title, number: number_text(map[at], 3), ...place });
  const canvas = element("canvas", { class: "picture", role: "img", "aria-label": alt });
  const height = (PULLED * count) / columns;
  const context = prepared(canvas, PULLED, height);
  context.imageSmoothingEnabled = false;
  context.drawImage(painted(map, columns, scale), 0, 0, PULLED, height);
  return element("figure", { class: "tile" }, element("figcaption", {}, title), canvas);
}
