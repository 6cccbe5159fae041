// Pooling: the tokens of an image become one vector.   (minivit/ops/pool.py)
//
//     cls        y = x_0
//     mean       y = the mean of x_t over the patches
//     sequence   y = sum_t probs_t x_t,   probs = softmax over t of x_t w + b
//     flatten    y = [x_0; x_1; ...; x_(T-1)]

// x (T, D); of "sequence" w (D, 1), b (1,), else null -> pooled (D,), or (T D,) of "flatten"
function pool_forward(x, w, b, { pool, has_cls, note = unseen }) {
  const [T, D] = x.shape;
  if (pool === "sequence") return sequence_forward(x, w, b, note);
  let pooled = tensor([T * D], x.data.slice());
  if (pool === "cls") pooled = tensor([D], x.data.slice(0, D));
  if (pool === "mean") {
    const first = Number(has_cls);
    const sum = sum_of_rows(tensor([T - first, D], x.data.subarray(first * D)));
    pooled = mapped(sum, (number) => number / (T - first));
  }
  note({ pooled });
  return [pooled, { pool, has_cls, shape: x.shape }];
}

function sequence_forward(x, w, b, note) {
  const [T, D] = x.shape;
  const [column, linear] = linear_forward(x, w, b); // (T, 1)
  const scores = tensor([T], column.data);
  note({ scores });
  const [probs] = softmax_forward(scores);
  note({ probs });
  const pooled = tensor([D], product(probs.data, x.data, T, D));
  note({ pooled });
  return [pooled, { pool: "sequence", linear, probs }];
}

// cls        dx_0 = dy, and 0 elsewhere
// mean       dx_t = dy / n for each of n patches
// flatten    dx_t is the part of dy that belongs to token t
function pool_backward(dy, cache, { note = unseen } = {}) {
  note({ pooled: dy });
  if (cache.pool === "sequence") return sequence_backward(dy, cache, note);
  const dx = zeros(cache.shape);
  if (cache.pool === "mean") {
    const patches = rows(dx).slice(Number(cache.has_cls));
    for (const row of patches) row.set(dy.data.map((number) => number / patches.length));
  } else {
    dx.data.set(dy.data);
  }
  return [dx, null, null];
}

// dprobs_t = dy . x_t,   dscores: the softmax's,   dx_t = probs_t dy + dscores_t w^T
function sequence_backward(dy, { linear, probs }, note) {
  const dprobs = tensor(probs.shape, Float64Array.from(rows(linear.x), (row) => dot(row, dy.data)));
  note({ probs: dprobs });
  const dscores = softmax_backward(dprobs, { probs });
  note({ scores: dscores });
  const [dx, dw] = linear_backward(tensor([probs.data.length, 1], dscores.data), linear);
  rows(dx).forEach((row, t) => {
    dy.data.forEach((number, j) => { row[j] += probs.data[t] * number; });
  });
  return [dx, dw, linear.has_bias ? zeros([1]) : null]; // a softmax ignores what all have in common
}
