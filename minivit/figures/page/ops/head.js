// The head: class scores from one vector that speaks for the image.   (minivit/ops/head.py)
//
//     logits = pool(x) w + b

// x (T, D), or (D,) with pool null, w (D, C), b (C,) or null -> logits (C,)
function head_forward(x, w, b, { pool, has_cls, note = unseen }) {
  const [pooled, pooling] = pool
    ? pool_forward(x, null, null, { pool, has_cls, note }) : [x, null];
  const [logits, linear] = linear_forward(pooled, w, b);
  note({ logits });
  return [logits, { pooling, linear }];
}

// Those of linear, then of the pooling.
function head_backward(dlogits, { pooling, linear }, { note = unseen } = {}) {
  note({ logits: dlogits });
  const [dpooled, dw, db] = linear_backward(dlogits, linear);
  const dx = pooling ? pool_backward(dpooled, pooling, { note })[0] : dpooled;
  return [dx, dw, db];
}
