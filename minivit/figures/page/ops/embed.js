// Embedding: patches to tokens, a cls token in front, positions.   (minivit/ops/embed.py)
//
//     x = [cls; patches w + b] + positions

// patches (N, P*P*channels), w (P*P*channels, D), b (D,), cls (D,), positions (T, D) -> x (T, D);
// all but the patches may be null, and without w the patches (N, D) are tokens already
function embed_forward(patches, w, b, cls, positions, { note = unseen } = {}) {
  const [projected, linear] = w ? linear_forward(patches, w, b) : [copied(patches), null];
  note({ projected });
  const [N, D] = projected.shape;
  const tokens = cls ? zeros([N + 1, D]) : copied(projected);
  if (cls) {
    tokens.data.set(cls.data);
    tokens.data.set(projected.data, D);
  }
  note({ tokens });
  const x = positions ? added(tokens, positions) : copied(tokens);
  note({ x });
  return [x, { linear, has_cls: cls !== null, has_positions: positions !== null }];
}

// dcls = dx[0],   dpositions = dx,   and the other rows are those of patches w + b
function embed_backward(dx, { linear, has_cls, has_positions }, { note = unseen } = {}) {
  note({ x: dx, tokens: dx });
  const [T, D] = dx.shape;
  const dprojected = has_cls ? tensor([T - 1, D], dx.data.slice(D)) : dx;
  note({ projected: dprojected });
  const dcls = has_cls ? tensor([D], dx.data.slice(0, D)) : null;
  const dpositions = has_positions ? copied(dx) : null;
  const [dpatches, dw, db] = linear
    ? linear_backward(dprojected, linear) : [copied(dprojected), null, null];
  return [dpatches, dw, db, dcls, dpositions];
}
