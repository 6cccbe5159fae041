// From the last block's tokens to class scores.   (minivit/models/head.py)
//
// A LayerNorm, pooling and a linear map, which pools itself; where something lies between the
// pooling and the linear map, or the pooling learns, the pooling is a place of its own, `pool`.

function pools_apart(c) {
  return c.pool === "sequence" || c.norm_after_pool || c.pre_logits !== null;
}

// x (T, D) -> logits (C,)
function head_of_model_forward(t, c, x) {
  const { pool, has_cls, eps } = c;
  const apart = pools_apart(c);
  if (!c.norm_after_pool) x = t.forward("norm", layernorm_forward, x, { eps });
  if (apart) x = t.forward("pool", pool_forward, x, { pool, has_cls }); // (D,) or (T D,)
  if (c.norm_after_pool) x = t.forward("norm", layernorm_forward, x, { eps });
  if (c.pre_logits !== null) x = t.forward("pre_logits", pre_logits_forward, x); // (R,)
  return t.forward("head", head_forward, x, { pool: apart ? null : pool, has_cls });
}

// dlogits (C,) -> dx (T, D), in mirror order
function head_of_model_backward(t, c, dlogits) {
  let dx = t.backward_of("head", head_backward, dlogits);
  if (c.pre_logits !== null) dx = t.backward_of("pre_logits", pre_logits_backward, dx);
  if (c.norm_after_pool) dx = t.backward_of("norm", layernorm_backward, dx);
  if (pools_apart(c)) dx = t.backward_of("pool", pool_backward, dx);
  if (!c.norm_after_pool) dx = t.backward_of("norm", layernorm_backward, dx);
  return dx;
}
