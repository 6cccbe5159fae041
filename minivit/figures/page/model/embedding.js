// From the pixels to the tokens, with or without LayerNorm around E.   (models/embedding.py)
//
//     x = [cls; patches E + b] + positions
//     x = [cls; LN(LN(patches) E + b)] + positions          with `patch_norm`

// image (height, width, channels) -> x (T, D)
function embedding_forward(t, c, image) {
  const { patch, stride, eps } = c;
  let x = t.forward("patchify", patchify_forward, image, { patch, stride }); // (N, P*P*channels)
  if (c.patch_norm) {
    x = t.forward("patch_norm", layernorm_forward, x, { eps });
    x = t.forward("projection", linear_forward, x); // (N, D)
    x = t.forward("projection_norm", layernorm_forward, x, { eps });
  }
  return t.forward("embed", embed_forward, x);
}

// dx (T, D) -> dimage (height, width, channels)
function embedding_backward(t, c, dx) {
  dx = t.backward_of("embed", embed_backward, dx);
  if (c.patch_norm) {
    dx = t.backward_of("projection_norm", layernorm_backward, dx);
    dx = t.backward_of("projection", linear_backward, dx);
    dx = t.backward_of("patch_norm", layernorm_backward, dx);
  }
  return t.backward_of("patchify", patchify_backward, dx);
}
