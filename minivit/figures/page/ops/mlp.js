// The MLP of a block: widen, bend, narrow, token by token.   (minivit/ops/mlp.py)
//
//     out = gelu(x w1 + b1) w2 + b2

// x (..., D), w1 (D, M), b1 (M,) or null, w2 (M, D), b2 (D,) or null -> out (..., D)
function mlp_forward(x, w1, b1, w2, b2, { gelu, note = unseen }) {
  const [z, hidden] = linear_forward(x, w1, b1);
  note({ z });
  const [h, bend] = gelu_forward(z, { form: gelu });
  note({ h });
  const [out, of_out] = linear_forward(h, w2, b2);
  note({ out });
  return [out, { hidden, bend, of_out }];
}

// dh = dout w2^T,   dz = dh gelu'(z),   dx = dz w1^T
function mlp_backward(dout, { hidden, bend, of_out }, { note = unseen } = {}) {
  note({ out: dout });
  const [dh, dw2, db2] = linear_backward(dout, of_out);
  note({ h: dh });
  const dz = gelu_backward(dh, bend);
  note({ z: dz });
  const [dx, dw1, db1] = linear_backward(dz, hidden);
  return [dx, dw1, db1, dw2, db2];
}
