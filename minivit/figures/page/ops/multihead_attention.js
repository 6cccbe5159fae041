// Multi-head self-attention: H attentions side by side.   (minivit/ops/multihead_attention.py)
//
//     [q, k, v] = x w_qkv + b_qkv,   out = concat_h(attention(q_h, k_h, v_h)) w_out + b_out

// x (T, D), w_qkv (D, 3HK), b_qkv (3HK,) or null, w_out (HK, D), b_out (D,) or both null
// -> out (T, D)
function multihead_attention_forward(x, w_qkv, b_qkv, w_out, b_out, { heads, note = unseen }) {
  const [qkv, of_qkv] = linear_forward(x, w_qkv, b_qkv);
  note({ qkv });
  const [q, k, v] = split_heads(qkv, heads);
  const [mixed, attention] = attention_forward(q, k, v, { note });
  const merged = merge_heads(mixed);
  note({ merged });
  const [out, of_out] = w_out ? linear_forward(merged, w_out, b_out) : [merged, null];
  note({ out });
  return [out, { of_qkv, attention, of_out }];
}

// Each step of the forward, last first.
function multihead_attention_backward(dout, { of_qkv, attention, of_out }, { note = unseen } = {}) {
  note({ out: dout });
  const H = attention.q.shape[0];
  const [dmerged, dw_out, db_out] = of_out ? linear_backward(dout, of_out) : [dout, null, null];
  note({ merged: dmerged });
  const dmixed = split_one(dmerged, H);
  const dqkv = join_heads(...attention_backward(dmixed, attention, { note }));
  note({ qkv: dqkv });
  const [dx, dw_qkv, db_qkv] = linear_backward(dqkv, of_qkv);
  return [dx, dw_qkv, db_qkv, dw_out, db_out];
}

// qkv (T, 3HK), whose columns are ordered (3, H, K) -> q, k, v (H, T, K)
function split_heads(qkv, heads) {
  const all = split_one(qkv, 3 * heads); // (3H, T, K)
  const [, T, K] = all.shape;
  return parts(all.data, 3).map((data) => tensor([heads, T, K], data.slice()));
}

// q, k, v (H, T, K) -> qkv (T, 3HK): the inverse of split_heads
function join_heads(q, k, v) {
  const [H, T, K] = q.shape;
  const all = zeros([3 * H, T, K]);
  parts(all.data, 3).forEach((part, i) => part.set([q, k, v][i].data));
  return merge_heads(all);
}

// x (T, HK) -> (H, T, K)
function split_one(x, heads) {
  const [T, width] = x.shape;
  const K = width / heads;
  const y = zeros([heads, T, K]);
  parts(y.data, heads).forEach((head, h) => {
    rows(x).forEach((row, t) => head.set(row.subarray(h * K, (h + 1) * K), t * K));
  });
  return y;
}

// x (H, T, K) -> (T, HK): the inverse of split_one
function merge_heads(x) {
  const [H, T, K] = x.shape;
  const y = zeros([T, H * K]);
  rows(x).forEach((row, i) => y.data.set(row, (i % T) * H * K + Math.floor(i / T) * K));
  return y;
}
