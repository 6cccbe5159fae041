// What is drawn into canvases: pictures of numbers, ticks, and the colours of the style sheet.

const TICKS = "11px system-ui, sans-serif"; // the font of what stands beside a heat map

// A name as it has room there.
function short_name(name, letters) {
  return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
}

// How wide the widest of these is there, in pixels.
function widest(names) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = TICKS;
  return Math.max(...names.map((one) => context.measureText(one).width));
}

// The numbers as a picture of one pixel each.
function painted(data, columns, scale) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, data.length / columns];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  data.forEach((number, i) => put_pixel(pixels, i, scale.colour(number)));
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function put_pixel({ data }, i, [red, green, blue]) {
  [data[4 * i], data[4 * i + 1], data[4 * i + 2], data[4 * i + 3]] = [red, green, blue, 255];
}

// A canvas of so many pixels of the page, sharp on a dense screen. Its height follows from its
// width, so that one that finds less room keeps its shape.
function prepared(canvas, width, height) {
  const density = Math.min(window.devicePixelRatio || 1, 3);
  [canvas.width, canvas.height] = [Math.ceil(width * density), Math.ceil(height * density)];
  canvas.style.width = `${width}px`;
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

// Which of so many ticks there is room for: every first, second, fifth, tenth, ...
function stops(count, size, room) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => one * size >= room) ?? 2000;
  return range(Math.ceil(count / step)).map((i) => i * step);
}

// Round numbers from 0 to `most`: 0 and from two to four others.
function round_ticks(most) {
  const power = 10 ** Math.floor(Math.log10(most || 1));
  const step = [0.2, 0.25, 0.5, 1, 2].map((one) => one * power).find((one) => most / one < 5);
  return range(Math.floor(most / step + 1e-9) + 1).map((i) => Number((i * step).toPrecision(3)));
}

// A colour of the style sheet. It is kept until the page is drawn anew: asking for it makes the
// browser work out all styles, which a move of the cursor must not wait for.
const STYLES = new Map();

function style_of(name) {
  if (!STYLES.has(name)) {
    const all = getComputedStyle(document.documentElement);
    STYLES.set(name, all.getPropertyValue(name).trim());
  }
  return STYLES.get(name);
}
