// What Training shows of a snapshot beside the model of the page: answers, filters, positions and
// attention. Each gives a list of elements for both, and perhaps the legend of their scale.

const HEAD = 118; // pixels of a head's map
const FILTER = { side: 44, gap: 6, columns: 7 };
const LIKENESS = 256; // pixels of the picture of the positions

function answers_formed(app, traces) {
  const { label } = app.images.told(app.state.image);
  return traces.map(({ logits }) => {
    const classes = ranked(logits);
    return [verdict_of(app, { label }, classes[0]), top_classes(app, classes, label)];
  });
}

function filters_formed(app, models) {
  return models.map((model) => {
    const filters = embedding_filters(model);
    if (!filters.length) return element("p", {}, say("training.nothing"));
    const first = percent(filters[0].share);
    const told = say("training.filters.told", { count: filters.length, first });
    return [filters_picture(app.c, filters, told), element("p", { class: "quiet" }, told)];
  });
}

// Each component as a patch: grey or black where it is 0, and as strong as its largest number.
function filters_picture({ patch: [height, width], channels }, filters, label) {
  const canvas = element("canvas", { class: "filters", role: "img", "aria-label": label });
  const { side, gap, columns } = FILTER;
  const high = (side * height) / width;
  const lines = Math.ceil(filters.length / columns);
  const across = Math.min(filters.length, columns) * (side + gap);
  const context = prepared(canvas, across, lines * (high + gap));
  context.imageSmoothingEnabled = false;
  context.strokeStyle = style_of("--quiet");
  filters.forEach(({ component }, i) => {
    const most = component.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const levels = component.map((v) => 0.5 + v / (2 * most));
    const drawn = pixels_of(levels, width, channels);
    const [x, y] = [(i % columns) * (side + gap), Math.floor(i / columns) * (high + gap)];
    context.drawImage(drawn, x, y, side, high);
    context.strokeRect(x + 0.5, y + 0.5, side - 1, high - 1);
  });
  return canvas;
}

// Levels from 0 to 1 (height, width, channels) as a picture of a pixel each.
function pixels_of(levels, width, channels) {
  const canvas = document.createElement("canvas");
  const count = levels.length / channels;
  [canvas.width, canvas.height] = [width, count / width];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  const ink = { low: Array(channels).fill(0), high: Array(channels).fill(1), bright: false };
  parts(levels, count).forEach((pixel, i) => {
    pixels.data.set([...colour_of(pixel, ink), 255], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

// Null where no positions are learned.
function positions_formed(app, models) {
  if (!position_vectors(app.model)) return null;
  const both = models.map((model) => similarity(position_vectors(model)));
  const scale = scale_of(both.flatMap((cosines) => cosines.flatMap((row) => [...row])));
  const sides = both.map((cosines) => {
    const told = say("training.positions.told", {
      r: nearness(cosines, app.c.grid).toFixed(2).replace("-", "−"),
    });
    return [
      likeness_picture(app.c.grid, cosines, scale, told),
      element("p", { class: "quiet" }, told),
    ];
  });
  return [...sides, legend(scale, say("training.cosine"))];
}

// A small square for each patch, at its place: its cosine with the patches at all places.
function likeness_picture([grid_rows, columns], cosines, scale, label) {
  const canvas = element("canvas", { class: "picture", role: "img", "aria-label": label });
  const unit = LIKENESS / columns;
  const room = unit - Math.max(1.5, unit / 12);
  const context = prepared(canvas, LIKENESS, unit * grid_rows);
  context.imageSmoothingEnabled = false;
  cosines.forEach((row, n) => {
    const [x, y] = [(n % columns) * unit, Math.floor(n / columns) * unit];
    context.drawImage(painted(row, columns, scale), x, y, room, room);
  });
  return canvas;
}

// What the head's tokens give to every patch in a block, head by head.
function attention_formed(app, traces, block) {
  const name = `blocks.${block}.attention.probs`;
  const maps = traces.map((t) => heads_of(t.values[name]).map((A) => to_patches(A, t)));
  const scale = marker_scale(maps.flatMap((heads) => heads.flatMap((numbers) => [...numbers])));
  const sides = maps.map((heads) => [
    element("div", { class: "tiles" }, ...heads.map((map, h) => head_tile(app, map, scale, h))),
  ]);
  return [...sides, legend(scale)];
}

function head_tile(app, numbers, scale, h) {
  const title = say("attention.head", { i: h });
  const label = `${title}: ${ends_in_words(app, numbers)}`;
  const canvas = element("canvas", { class: "picture", role: "img", "aria-label": label });
  draw_patch_map(canvas, app.c, numbers, scale, app.image, app.told.ink, HEAD);
  return element("figure", { class: "tile" }, element("figcaption", {}, title), canvas);
}
