// The image as people see it, with its patches; and maps of one number for each patch.

// Draw an image (height, width, channels) into a canvas, so wide.
function draw_image(canvas, image, ink, width) {
  const [rows_of, columns] = image.shape;
  const height = (width * rows_of) / columns;
  const context = prepared(canvas, width, height);
  if (!DEVELOPED.has(image)) DEVELOPED.set(image, developed(image, ink));
  context.imageSmoothingEnabled = false;
  context.drawImage(DEVELOPED.get(image), 0, 0, width, height);
  return { context, height };
}

// Of each image a canvas of its own pixels, made once: a view draws the same image many times.
const DEVELOPED = new WeakMap();

function developed({ shape: [rows_of, columns, channels], data }, ink) {
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns, rows_of];
  const pixels = small.getContext("2d").createImageData(columns, rows_of);
  for (let i = 0; i < rows_of * columns; i++) {
    put_pixel(pixels, i, colour_of(data.subarray(i * channels, (i + 1) * channels), ink));
  }
  small.getContext("2d").putImageData(pixels, 0, 0);
  return small;
}

// The channels of a pixel -> [red, green, blue]; bright strokes are shown as ink on paper.
function colour_of(pixel, { low, high, bright }) {
  const levels = [];
  for (let c = 0; c < pixel.length; c++)
    levels.push(Math.min(Math.max((pixel[c] - low[c]) / (high[c] - low[c] || 1), 0), 1));
  if (levels.length === 3) return levels.map((level) => Math.round(255 * level));
  const level = levels.reduce((a, b) => a + b, 0) / levels.length;
  const grey = Math.round(255 * (bright ? 1 - 0.92 * level : level));
  return [grey, grey, grey];
}

// Where a patch lies in a picture that is so wide: [x, y, width, height].
function box_of({ grid, patch, stride, image }, n, width) {
  const unit = width / image[1];
  return [
    (n % grid[1]) * stride[1] * unit,
    Math.floor(n / grid[1]) * stride[0] * unit,
    patch[1] * unit,
    patch[0] * unit,
  ];
}

// The patch of a picture that a pointer is over (of those that overlap the last), or undefined.
function patch_under(event, canvas, c) {
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  return range(c.patches).findLast((n) => {
    const [left, top, wide, high] = box_of(c, n, box.width);
    return x >= left && x < left + wide && y >= top && y < top + high;
  });
}

// Lines between the patches.
function draw_grid(context, c, width) {
  context.strokeStyle = "rgba(30, 100, 200, 0.35)";
  context.lineWidth = 1;
  for (let n = 0; n < c.patches; n++) context.strokeRect(...box_of(c, n, width));
}

function outline(context, c, n, width, colour) {
  const [x, y, wide, high] = box_of(c, n, width);
  context.strokeStyle = "#ffffff";
  context.lineWidth = 5;
  context.strokeRect(x + 1.5, y + 1.5, wide - 3, high - 3);
  context.strokeStyle = colour;
  context.lineWidth = 3;
  context.strokeRect(x + 1.5, y + 1.5, wide - 3, high - 3);
}

// A number for each patch (N,), on its scale: a square over the paler image, which covers as much
// of the patch as the number is of the largest. So its colour is the same on strokes and on paper.
const PALE = 0.6; // how much of the image is taken back to white

function draw_patch_map(canvas, c, numbers, scale, image, ink, width) {
  const { context, height } = draw_image(canvas, image, ink, width);
  context.fillStyle = `rgba(255, 255, 255, ${PALE})`;
  context.fillRect(0, 0, width, height);
  context.strokeStyle = "rgba(255, 255, 255, 0.9)";
  const most = Math.max(-scale.low, scale.high);
  numbers.forEach((number, n) => {
    const side = Math.sqrt(Math.min(Math.abs(number) / (most || 1), 1));
    const [x, y, ...sides] = box_of(c, n, width);
    const [wide, high] = sides.map((one) => one * side);
    const box = [x + (sides[0] - wide) / 2, y + (sides[1] - high) / 2, wide, high];
    context.fillStyle = css_colour(scale.colour(number));
    context.fillRect(...box);
    context.strokeRect(...box);
  });
}

// The image, small; `marked` are tokens whose patches are outlined, with a colour each.
function token_picture(app, marked, width) {
  const { c, image } = app;
  const canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": say("image.alt"),
  });
  const { context } = draw_image(canvas, image, app.told.ink, width);
  draw_grid(context, c, width);
  for (const [token, colour] of marked) {
    const n = token - Number(c.has_cls);
    if (n >= 0 && n < c.patches) outline(context, c, n, width, colour);
  }
  return canvas;
}
