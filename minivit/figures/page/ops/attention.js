// Scaled dot-product attention: every query asks all keys.   (minivit/ops/attention.py)
//
//     scores = q k^T / sqrt(K),   probs = softmax(scores),   mixed = probs v

// q, k, v (H, T, K) -> mixed (H, T, K)
function attention_forward(q, k, v, { note = unseen } = {}) {
  note({ q, k, v });
  const [H, T, K] = q.shape;
  const factor = 1 / Math.sqrt(K);
  const scores = of_each_head([H, T, T], [q, k], (q_h, k_h) =>
    product(q_h, transposed(k_h, K), K, T).map((number) => number * factor));
  note({ scores });
  const [probs] = softmax_forward(scores);
  note({ probs });
  const mixed = of_each_head([H, T, K], [probs, v], (p_h, v_h) => product(p_h, v_h, T, K));
  note({ mixed });
  return [mixed, { q, k, v, probs }];
}

// From the last step to the first:
//     dprobs = dmixed v^T,   dv = probs^T dmixed,   dscores: the softmax's,
//     dq = dscores k / sqrt(K),   dk = dscores^T q / sqrt(K)
function attention_backward(dmixed, { q, k, v, probs }, { note = unseen } = {}) {
  note({ mixed: dmixed });
  const [H, T, K] = q.shape;
  const factor = 1 / Math.sqrt(K);
  const dprobs = of_each_head([H, T, T], [dmixed, v], (dm_h, v_h) =>
    product(dm_h, transposed(v_h, K), K, T));
  note({ probs: dprobs });
  const dv = of_each_head([H, T, K], [probs, dmixed], (p_h, dm_h) =>
    product(transposed(p_h, T), dm_h, T, K));
  const dscores = softmax_backward(dprobs, { probs });
  note({ scores: dscores });
  const dq = of_each_head([H, T, K], [dscores, k], (ds_h, k_h) =>
    product(ds_h, k_h, T, K).map((number) => number * factor));
  const dk = of_each_head([H, T, K], [dscores, q], (ds_h, q_h) =>
    product(transposed(ds_h, T), q_h, T, K).map((number) => number * factor));
  note({ q: dq, k: dk, v: dv });
  return [dq, dk, dv];
}

// A tensor of this shape, head by head: f is given each head's part of the operands.
function of_each_head(shape, operands, f) {
  const y = zeros(shape);
  const split = operands.map((x) => parts(x.data, shape[0]));
  parts(y.data, shape[0]).forEach((part, h) => part.set(f(...split.map((one) => one[h]))));
  return y;
}
