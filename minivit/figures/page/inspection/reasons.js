// Which pixels and patches a class's logit follows.   (inspection/gradients.py, occlusion.py)

// A target is a class, whose logit is asked about, or {kind: "difference", label, other}.
function loss_asked(target) {
  return typeof target === "number" ? { kind: "logit", label: target, other: null } : target;
}

// The logit of a target, and its gradient by the image: (height, width, channels).
function logit_of(model, image, target) {
  return loss_of(new Trace(model, image).logits, loss_asked(target));
}

function saliency(model, image, target) {
  const t = new Trace(model, image);
  return t.backward(dlogits_of(t.logits, loss_asked(target)));
}

// (x - x_0) * integral of d logit / d x along the straight way from x_0: a Gauss-Legendre sum.
// It adds up to logit(x) - logit(x_0).
function integrated_gradients(model, image, target, x0, nodes) {
  const found = zeros(image.shape);
  for (const [along, weight] of legendre(nodes)) {
    const between = mapped(image, (x, i) => x - (1 - along) * (x - x0.data[i]));
    const gradient = saliency(model, between, target);
    gradient.data.forEach((g, i) => {
      found.data[i] += weight * g * (image.data[i] - x0.data[i]);
    });
  }
  return found;
}

// Points and weights of n nodes on [0, 1]: the zeros of Legendre's polynomial, by Newton's rule.
function legendre(n) {
  return range(n).map((i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 60; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= n; k++)
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (n * (x * value - before)) / (x * x - 1);
      const move = value / slope;
      x -= move;
      if (Math.abs(move) < 1e-16) break;
    }
    return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
  });
}

// What the logit loses when a patch is covered -> (N,); positive: the patch speaks for the class.
function occlusion(model, image, target, fill) {
  const whole = logit_of(model, image, target);
  return Float64Array.from(range(model.config.patches), (n) => {
    const hidden = covered(model.config, image, fill, [n]);
    const is_same = hidden.data.every((x, i) => x === image.data[i]);
    return is_same ? 0 : whole - logit_of(model, hidden, target);
  });
}

// A copy of the image, in which these patches are the fill's.
function covered(c, image, fill, patches) {
  const hidden = copied(image);
  for (const n of patches) {
    for (let j = 0; j < c.patch[0] * c.patch[1] * c.channels; j++) {
      const place = flat_index(image.shape, pixel_of(c, [n, j]));
      hidden.data[place] = fill.data[place];
    }
  }
  return hidden;
}

// An image of one colour, where nothing is to be seen: black behind bright strokes, else the mean.
function baseline(image, ink) {
  const channels = image.shape[2];
  const levels = range(channels).map((c) =>
    ink.bright ? ink.low[c] : mean_of([...image.data].filter((_, i) => i % channels === c)),
  );
  return mapped(image, (_, i) => levels[i % channels]);
}

// pixels (height, width, channels) -> (N,): their sum in each patch
function over_patches(c, pixels) {
  return Float64Array.from(range(c.patches), (n) =>
    range(c.patch[0] * c.patch[1] * c.channels).reduce(
      (sum, j) => sum + number_at_index(pixels, pixel_of(c, [n, j])),
      0,
    ),
  );
}

function number_at_index({ shape, data }, index) {
  return data[flat_index(shape, index)];
}

// How alike two maps are: Pearson's correlation; null where one of them is flat.
function correlation(a, b) {
  const [x, y] = [a, b].map((map) => {
    const mean = mean_of([...map]);
    return Float64Array.from(map, (number) => number - mean);
  });
  const sizes = Math.sqrt(dot(x, x) * dot(y, y));
  return sizes > 0 ? dot(x, y) / sizes : null;
}

// The probability of the class while the patches are covered, the most important first:
// N + 1 numbers, from the whole image to nothing. Of a difference it is as if there were only its
// two classes.
function deletion_curve(model, image, target, fill, importance) {
  const order = range(importance.length).sort((a, b) => importance[b] - importance[a] || a - b);
  return range(order.length + 1).map((count) => {
    const t = new Trace(model, covered(model.config, image, fill, order.slice(0, count)));
    const { kind, label } = loss_asked(target);
    if (kind === "difference") return 1 / (1 + Math.exp(-loss_of(t.logits, target)));
    return softmax_forward(t.logits)[0].data[label];
  });
}
