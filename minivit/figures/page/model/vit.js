// The Vision Transformer, forward and then backward in mirror order.   (minivit/models/vit.py)
//
//     z_0  = [cls; patches E] + positions               (equation 1 of the paper)
//     z'_l = z_(l-1) + MSA(LN(z_(l-1)))                 (2)
//     z_l  = z'_l + MLP(LN(z'_l))                       (3)
//     logits = LN(z_L)[cls] w + b                       (4)
//
// `t` is a Trace, `c` the configuration.

const IN_FRONT = "positions"; // the place in front of all blocks, and of the tables they share

// image (height, width, channels) -> logits (C,)
function vit_forward(t, c, image) {
  let x = embedding_forward(t, c, image); // (T, D)
  x = add_positions_forward(t, c, IN_FRONT, x);
  for (let i = 0; i < c.depth; i++) x = block_forward(t, c, i, x);
  return head_of_model_forward(t, c, x);
}

// dlogits (C,) -> dimage (height, width, channels)
function vit_backward(t, c, dlogits) {
  let dx = head_of_model_backward(t, c, dlogits);
  for (let i = c.depth - 1; i >= 0; i--) dx = block_backward(t, c, i, dx);
  dx = add_positions_backward(t, c, IN_FRONT, dx);
  return embedding_backward(t, c, dx);
}
